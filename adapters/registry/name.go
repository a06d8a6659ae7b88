package registry

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Likeness says whether two names can be one company's.
type likeness int

const (
	other likeness = iota
	alike          // a slip of the pen, or another legal form
	same
)

// legalForms are the endings that say in which form a company is, the longer ones first. The law's 有限公司 and
// 有限责任公司 are one form (公司法).
var legalForms = []struct{ ending, form string }{
	{"股份有限公司", "股份"}, {"有限责任公司", "有限"}, {"有限公司", "有限"},
}

// bare is a name without what is written now so and now so: width, case, space, brackets and other punctuation.
func bare(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.IsPunct(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return unicode.ToUpper(r)
	}, norm.NFKC.String(name))
}

// core is a bare name without its legal form, and that form.
func core(name string) (string, string) {
	n := bare(name)
	for _, l := range legalForms {
		if rest, has := strings.CutSuffix(n, l.ending); has && rest != "" {
			return rest, l.form
		}
	}
	return n, ""
}

// compareNames tells how alike two names are: the same but for how they are written, or apart by so few characters, one
// in six, that they may have been meant to be the same.
func compareNames(a, b string) likeness {
	x, formX := core(a)
	y, formY := core(b)
	switch {
	case x == "" || y == "":
		return other
	case x == y && formX == formY:
		return same
	case x == y:
		return alike
	}
	r, s := []rune(x), []rune(y)
	if most := max(len(r), len(s)) / 6; most > 0 && distance(r, s, most) <= most {
		return alike
	}
	return other
}

// distance is how many characters must be put in, taken out, changed or swapped with their neighbour to make b of a;
// most+1 when more than most are.
func distance(a, b []rune, most int) int {
	if len(a)-len(b) > most || len(b)-len(a) > most {
		return most + 1
	}
	before, last, next := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		next[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			next[j] = min(last[j]+1, next[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				next[j] = min(next[j], before[j-2]+1)
			}
		}
		before, last, next = last, next, before
	}
	return min(last[len(b)], most+1)
}
