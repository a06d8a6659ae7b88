package registry

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// mention is how a text speaks of a number.
type mention int

const (
	unsaid mention = iota
	near           // a number one slip away
	ranged         // between two numbers that are said
	found          // the number itself
)

// Numbers shorter than these say nothing by being found, or by being nearly found.
const (
	leastFound = 4
	leastNear  = 8
)

// prose is a description, prepared for looking numbers and names up in it.
type prose struct {
	text   string // normalised: width and case
	closed string // without space and punctuation
	tokens []string
	ranges [][2]string
}

var (
	tokenForm = regexp.MustCompile(`[0-9A-Z]+`)
	// Between two whole numbers a dash may be part of one; words and waves never are.
	rangeForm = regexp.MustCompile(`([0-9A-Z]{4,40})\s*(至|到|~|—|–|-|TO)\s*(?:NO\.?)?\s*([0-9A-Z]{1,40})`)
)

func newProse(s string) prose {
	p := prose{text: strings.ToUpper(norm.NFKC.String(s))}
	p.closed = bare(p.text)
	p.tokens = tokenForm.FindAllString(p.text, -1)
	for _, m := range rangeForm.FindAllStringSubmatch(p.text, -1) {
		first, mark, last := m[1], m[2], m[3]
		if len(last) < len(first) && mark != "-" {
			last = first[:len(first)-len(last)] + last // 0001至0010, with what is the same left out
		}
		if len(first) == len(last) && first <= last {
			p.ranges = append(p.ranges, [2]string{first, last})
		}
	}
	return p
}

// mentions tells how the text speaks of a number.
func (p prose) mentions(number string) mention {
	n := bare(number)
	if utf8.RuneCountInString(n) < leastFound {
		return unsaid
	}
	if strings.Contains(p.closed, n) && stands(p.text, n) || p.hasParts(number) {
		return found
	}
	for _, r := range p.ranges {
		if len(r[0]) == len(n) && r[0] <= n && n <= r[1] {
			return ranged
		}
	}
	if len(n) < leastNear {
		return unsaid
	}
	for _, t := range p.tokens {
		if slipped(n, t) {
			return near
		}
	}
	return unsaid
}

// hasParts reports whether code and number of an older invoice are both in the text, as in two columns of a table.
func (p prose) hasParts(number string) bool {
	code, serial, two := strings.Cut(number, "-")
	return two && code != "" && serial != "" && stands(p.text, code) && stands(p.text, serial)
}

// stands reports whether the number is in the text by itself and not as a part of a longer one; space and punctuation
// within it do not count.
func stands(text, number string) bool {
	runes, want := []rune(text), []rune(number)
	for i := range runes {
		if runes[i] != want[0] || i > 0 && continues(runes[i-1], want[0]) {
			continue
		}
		if end := matchAt(runes[i:], want); end > 0 && (i+end == len(runes) || !continues(runes[i+end], want[len(want)-1])) {
			return true
		}
	}
	return false
}

// matchAt returns how many runes of the text the number takes from its beginning, 0 when it is not there.
func matchAt(text, number []rune) int {
	k := 0
	for i, r := range text {
		switch {
		case r == number[k]:
			if k++; k == len(number) {
				return i + 1
			}
		case unicode.IsSpace(r) || unicode.IsPunct(r):
		default:
			return 0
		}
	}
	return 0
}

// continues reports whether a character next to one of a number would make it another number.
func continues(r, of rune) bool { return alphanumeric(r) && alphanumeric(of) }

func alphanumeric(r rune) bool { return '0' <= r && r <= '9' || 'A' <= r && r <= 'Z' }

// slipped reports whether two numbers are one slip apart. Those that differ in their last three characters alone are
// not: they are numbers of one series.
func slipped(a, b string) bool {
	const serial = 3
	if a == b || distance([]rune(a), []rune(b), 1) != 1 {
		return false
	}
	return len(a) != len(b) || a[:len(a)-serial] != b[:len(b)-serial]
}

// names reports whether the text speaks of a party, by its code or by its name without the legal form.
func (p prose) names(party Party) bool {
	c, _ := core(party.Name)
	return party.USCC != "" && strings.Contains(p.closed, string(party.USCC)) || utf8.RuneCountInString(c) >= leastFound && strings.Contains(p.closed, c)
}
