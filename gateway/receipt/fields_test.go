package receipt_test

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"decore/chaincode/canon"
	"decore/chaincode/contract/contracttest"
	"decore/chaincode/ident"
	"decore/gateway/receipt"
)

// field is one value in a receipt's content, by the names and places that lead to it.
type field []string

var (
	aPlace   = regexp.MustCompile(`^\d+$`)
	aTime    = regexp.MustCompile(`^20\d\d-`)
	stranger = contracttest.NewActor(78, "X", "sme").USCC
)

// name is the field's path with a star for a place in a list.
func (f field) name() string {
	parts := slices.Clone(f)
	for i, part := range parts {
		if aPlace.MatchString(part) {
			parts[i] = "*"
		}
	}
	return strings.Join(parts, "/")
}

// fieldsOf lists the fields of a content, those that hold others too. Of many by one name, in lists, it lists the
// first, one in the middle and the last.
func fieldsOf(t testing.TB, c receipt.Content) []field {
	t.Helper()
	byName := map[string][]field{}
	walk(generic(t, c), nil, func(f field) { byName[f.name()] = append(byName[f.name()], f) })
	var all []field
	for _, same := range byName {
		if n := len(same); n > 5 {
			same = []field{same[0], same[n/2], same[n-1]}
		}
		all = append(all, same...)
	}
	return all
}

func generic(t testing.TB, c receipt.Content) (v any) {
	t.Helper()
	raw, err := canon.Marshal(c)
	if err == nil {
		err = json.Unmarshal(raw, &v)
	}
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func walk(v any, path field, visit func(field)) {
	if len(path) > 0 {
		visit(path)
	}
	below := func(name string, v any) { walk(v, append(slices.Clone(path), name), visit) }
	switch v := v.(type) {
	case map[string]any:
		for name, inner := range v {
			below(name, inner)
		}
	case []any:
		for i, inner := range v {
			below(strconv.Itoa(i), inner)
		}
	}
}

// forgeries are the content with another value in the field, and with none, as far as these can be read at all and are
// not the same.
func (f field) forgeries(t testing.TB, c receipt.Content) map[string]receipt.Content {
	t.Helper()
	all := map[string]receipt.Content{}
	for how, change := range map[string]func(any) (any, bool){"changed": another, "removed": func(any) (any, bool) { return nil, false }} {
		raw := must(canon.Marshal(f.with(generic(t, c), change)))
		var forged receipt.Content
		if canon.Strict(raw, &forged) != nil {
			continue
		}
		if string(must(canon.Marshal(forged))) != string(must(canon.Marshal(c))) {
			all[how] = forged
		}
	}
	return all
}

// with returns the value with what the field leads to in it changed, or left out where change says so.
func (f field) with(v any, change func(any) (any, bool)) any {
	switch v := v.(type) {
	case map[string]any:
		if inner, keep := f.below(v[f[0]], change); keep {
			v[f[0]] = inner
		} else {
			delete(v, f[0])
		}
		return v
	case []any:
		i, _ := strconv.Atoi(f[0])
		if inner, keep := f.below(v[i], change); keep {
			v[i] = inner
			return v
		}
		return slices.Delete(v, i, i+1)
	}
	return v
}

func (f field) below(v any, change func(any) (any, bool)) (any, bool) {
	if len(f) == 1 {
		return change(v)
	}
	return f[1:].with(v, change), true
}

// another is a value of the same form.
func another(v any) (any, bool) {
	switch v := v.(type) {
	case bool:
		return !v, true
	case float64:
		return v + 1, true
	case string:
		return anotherText(v), true
	}
	return v, true
}

func anotherText(s string) string {
	at := len(s) / 2
	if _, err := ident.ParseUSCC(s); err == nil {
		return string(stranger)
	}
	if aTime.MatchString(s) {
		at = len("202")
	}
	b := []byte(s)
	for i := at; i < len(b); i++ {
		switch {
		case b[i] >= '0' && b[i] < '9', b[i] >= 'a' && b[i] < 'z', b[i] >= 'A' && b[i] < 'Z':
			b[i]++
			return string(b)
		case b[i] == '9', b[i] == 'z', b[i] == 'Z':
			b[i]--
			return string(b)
		}
	}
	return s + "x"
}
