package receipt_test

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"decore/chaincode/canon"
	"decore/gateway/receipt"
)

// field is one value in a receipt's content, by the names and places that lead to it.
type field []string

var place = regexp.MustCompile(`^\d+$`)

// name is the field's path with a star for a place in a list.
func (f field) name() string {
	parts := make([]string, len(f))
	for i, part := range f {
		if parts[i] = part; place.MatchString(part) {
			parts[i] = "*"
		}
	}
	return strings.Join(parts, "/")
}

// fieldsOf lists the fields of a content; of those by one name, that stand in lists, the first, one between and the last.
func fieldsOf(t testing.TB, c receipt.Content) []field {
	t.Helper()
	byName, names := map[string][]field{}, []string{}
	walk(generic(t, c), nil, func(f field) {
		if byName[f.name()] == nil {
			names = append(names, f.name())
		}
		byName[f.name()] = append(byName[f.name()], f)
	})
	var all []field
	for _, name := range names {
		same := byName[name]
		if n := len(same); n > 3 {
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
	sub := func(name string) field { return append(append(field{}, path...), name) }
	switch v := v.(type) {
	case map[string]any:
		for name, inner := range v {
			walk(inner, sub(name), visit)
		}
	case []any:
		for i, inner := range v {
			walk(inner, sub(strconv.Itoa(i)), visit)
		}
	default:
		visit(path)
	}
}

// changed is the content with another value in the field; false where that is no content of a receipt any more.
func (f field) changed(t testing.TB, c receipt.Content) (changed receipt.Content, ok bool) {
	t.Helper()
	top := generic(t, c)
	set(top, f)
	raw, err := canon.Marshal(top)
	if err != nil {
		t.Fatal(err)
	}
	err = canon.Strict(raw, &changed)
	return changed, err == nil
}

func set(v any, f field) {
	switch v := v.(type) {
	case map[string]any:
		if len(f) == 1 {
			v[f[0]] = another(v[f[0]])
			return
		}
		set(v[f[0]], f[1:])
	case []any:
		i, _ := strconv.Atoi(f[0])
		if len(f) == 1 {
			v[i] = another(v[i])
			return
		}
		set(v[i], f[1:])
	}
}

// another is a value of the same form.
func another(v any) any {
	switch v := v.(type) {
	case bool:
		return !v
	case float64:
		return v + 1
	case string:
		b := []byte(v)
		for i := len(b) / 2; i < len(b); i++ {
			switch {
			case b[i] >= '0' && b[i] < '9', b[i] >= 'a' && b[i] < 'z', b[i] >= 'A' && b[i] < 'Z':
				b[i]++
				return string(b)
			case b[i] == '9' || b[i] == 'z' || b[i] == 'Z':
				b[i]--
				return string(b)
			}
		}
		return v + "x"
	}
	return "x"
}
