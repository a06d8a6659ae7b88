package ident

import "strings"

// USCC is a unified social credit code (统一社会信用代码, GB 32100-2015), the name of every legal
// entity on the ledger: 18 characters, of which 1 is the registering department, 2 the class of
// entity, 3-8 the administrative division (GB/T 2260), 9-17 the organisation code with its own
// check character (GB 11714) and 18 the check character of the whole.
type USCC string

// usccAlphabet leaves out I, O, S, V and Z; the value of a character is its index.
const usccAlphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"

// usccWeights are 3^(i-1) mod 31 (GB 32100-2015).
var usccWeights = [17]int{1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28}

// organisationWeights are those of GB 11714, over characters 9 to 16.
var organisationWeights = [8]int{3, 7, 9, 10, 5, 8, 4, 2}

// usccForm is what can be asked before the check characters are known.
var usccForm = []rule{
	{FaultLength, "must have 18 characters", hasLength(18)},
	{FaultAlphabet, "characters must be digits or capital letters other than I, O, S, V and Z", within(usccAlphabet)},
	{FaultArea, "characters 3 to 8 must be the digits of an administrative division (GB/T 2260)",
		func(s string) bool { return within(digits)(s[2:8]) }},
}

var usccRules = append(usccForm[:len(usccForm):len(usccForm)],
	rule{FaultOrganisationCheck, "character 17 is not the check character of the organisation code, characters 9 to 16 (GB 11714)",
		func(s string) bool { return s[16] == organisationCheck(s[8:16]) }},
	rule{FaultCheck, "character 18 is not the check character of the whole code (GB 32100)",
		func(s string) bool { return s[17] == usccCheck(s[:17]) }},
)

// ParseUSCC normalises and validates s. Both checks together catch every single wrong character and
// every swap of two characters but one: that of the first with the last, which weigh the same.
func ParseUSCC(s string) (USCC, error) {
	n, err := parse(KindUSCC, s, usccRules)
	return USCC(n), err
}

// MustUSCC is ParseUSCC for literals in tables and tests; it panics on a bad literal.
func MustUSCC(s string) USCC {
	u, err := ParseUSCC(s)
	if err != nil {
		panic(err) //nolint:forbidigo // a wrong literal is a mistake of the program
	}
	return u
}

// CompleteUSCC makes the code of an enterprise registered with the market regulator (91) from the
// six digits of an administrative division and the eight characters of an organisation code, by
// computing both check characters. It is for fixtures and tests: a code so made is nobody's.
func CompleteUSCC(area, body string) (USCC, error) {
	if len(area) != 6 || len(body) != 8 {
		return "", newError(KindUSCC, FaultLength, area+body, "an area has 6 characters and an organisation code without its check character 8")
	}
	n, err := parse(KindUSCC, "91"+area+body+"00", usccForm)
	if err != nil {
		return "", err
	}
	n = n[:16] + string(organisationCheck(n[8:16]))
	return USCC(n + string(usccCheck(n))), nil
}

// MarshalText writes the code as it is.
func (u USCC) MarshalText() ([]byte, error) { return []byte(u), nil }

// UnmarshalText reads what ParseUSCC reads.
func (u *USCC) UnmarshalText(b []byte) error { return unmarshal(u, b, ParseUSCC) }

// organisationCheck is the check character of GB 11714 for eight characters, here with A = 10 to
// Z = 35 without a gap, unlike GB 32100.
func organisationCheck(body string) byte {
	sum := 0
	for i, w := range organisationWeights {
		sum += w * strings.IndexByte(alphanumeric, body[i])
	}
	return "0X987654321"[sum%11] // 11 - sum mod 11, where 11 is written 0 and 10 is written X
}

// usccCheck is the check character of GB 32100 for seventeen characters.
func usccCheck(first17 string) byte {
	sum := 0
	for i, w := range usccWeights {
		sum += w * strings.IndexByte(usccAlphabet, first17[i])
	}
	return usccAlphabet[(31-sum%31)%31]
}
