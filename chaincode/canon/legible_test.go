package canon_test

import (
	"errors"
	"testing"

	"decore/chaincode/canon"
)

func TestATextWithWhatIsNotShownIsNamed(t *testing.T) {
	for name, c := range map[string]struct{ doc, pointer string }{
		"nothing but a space":        {`{"a":" "}`, "/a"},
		"nothing but spaces":         {`{"a":"x","b":["y","   "]}`, "/b/1"},
		"nothing but a line end":     {`{"a":"\n"}`, "/a"},
		"a wide space alone":         {`{"a":"` + "\u3000" + `"}`, "/a"},
		"a null":                     {`{"a":"x\u0000"}`, "/a"},
		"a turn of direction":        {`{"a":[1,{"b":"x` + "\u202e" + `cod.exe"}]}`, "/a/1/b"},
		"an isolate":                 {`{"a":"` + "\u2067" + `"}`, "/a"},
		"a space of no width":        {`{"a":"青` + "\u200b" + `岛"}`, "/a"},
		"a byte order mark":          {`{"a":"` + "\ufeff" + `x"}`, "/a"},
		"what is no character":       {`{"a":"` + "\ufffe" + `"}`, "/a"},
		"a delete":                   {"{\"a\":\"x\x7f\"}", "/a"},
		"a name with a null":         {`{"a\u0000":1}`, "/a\x00"},
		"a text alone":               {`"\u0001"`, ""},
		"what stands for the broken": {`{"a":"` + "\ufffd" + `"}`, "/a"},
	} {
		var field *canon.FieldError
		if err := canon.Legible([]byte(c.doc)); !errors.As(err, &field) || field.Pointer != c.pointer || !errors.Is(err, canon.ErrIllegible) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhatIsShownIsLegible(t *testing.T) {
	for _, doc := range []string{`{}`, `{"a":""}`, `{"a":" x"}`, `{"a":"x "}`, `{" x":1}`, `{"a":"x"}`, `{"a":"青岛\n第二行\t\"引号\""}`, `{"a":"𠮷野 é Ω 😀"}`, `[1,true,null,"` + "\ue000" + `"]`} { // private use: rare characters in names
		if err := canon.Legible([]byte(doc)); err != nil {
			t.Errorf("%s: %v", doc, err)
		}
	}
}
