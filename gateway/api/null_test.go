package api_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"decore/chaincode/ident"
	"decore/chaincode/lifecycle"
)

// hollow is a body with null for one required list or object, and where that is.
type hollow struct {
	pointer string
	body    any
}

// hollows lists such bodies of a schema, one for each required list or object in it, at any depth.
func hollows(doc *huma.OpenAPI, s *huma.Schema) (all []hollow) {
	if s.Ref != "" {
		s = doc.Components.Schemas.SchemaFromRef(s.Ref)
	}
	if s.Type == huma.TypeArray {
		for _, h := range hollows(doc, s.Items) {
			all = append(all, hollow{"/0" + h.pointer, []any{h.body}})
		}
		return all
	}
	for name, p := range s.Properties {
		if slices.Contains(s.Required, name) && slices.Contains([]string{huma.TypeArray, huma.TypeObject}, typeOf(doc, p)) {
			all = append(all, hollow{"/" + name, object{name: nil}})
		}
		for _, h := range hollows(doc, p) {
			all = append(all, hollow{"/" + name + h.pointer, object{name: h.body}})
		}
	}
	return all
}

func typeOf(doc *huma.OpenAPI, s *huma.Schema) string {
	if s.Ref != "" {
		s = doc.Components.Schemas.SchemaFromRef(s.Ref)
	}
	return s.Type
}

// whoMay is a party that has a role of the operation.
func whoMay(op *huma.Operation) ident.USCC {
	roles := op.Extensions["x-roles"].([]lifecycle.Role)
	i := slices.IndexFunc(actors, func(p ident.USCC) bool { return len(roles) == 0 || slices.Contains(roles, roleOf[p]) })
	return actors[i]
}

func TestNullForARequiredListOrObjectIsMissingOnEveryRoute(t *testing.T) {
	w := newWorld(t)
	doc := w.API.OpenAPI()
	ops, tried := operations(doc), 0
	before := w.left()
	for _, name := range slices.Sorted(maps.Keys(ops)) {
		op := ops[name]
		if op.RequestBody == nil || op.RequestBody.Content["application/json"] == nil {
			continue
		}
		path := strings.NewReplacer("{id}", "NONE", "{uscc}", string(supplier)).Replace(op.Path)
		for _, h := range hollows(doc, op.RequestBody.Content["application/json"].Schema) {
			tried++
			r := w.post(whoMay(op), path, h.body)
			found := slices.ContainsFunc(r.problem().Errors, func(i itemBody) bool { return i.Location == h.pointer && i.Code == "FIELD_REQUIRED" })
			if r.status != http.StatusUnprocessableEntity || !found {
				t.Errorf("%s with null at %s: %d %s", name, h.pointer, r.status, r.body)
			}
		}
	}
	if tried < len(ops)/10 {
		t.Errorf("only %d lists and objects were found to try", tried)
	}
	if after := w.left(); after != before {
		t.Errorf("left %s, before %s", after, before)
	}
}

func TestNullElsewhereIsToldForWhatItIs(t *testing.T) {
	w := newWorld(t)
	for name, c := range map[string]struct{ body, code, field string }{
		"the items of a batch":       {`{"items":null}`, "FIELD_REQUIRED", "/items"},
		"an item of a batch":         {`{"items":[null]}`, "FIELD_TYPE", "/items/0"},
		"the verb of an item":        {`{"items":[{"verb":null}]}`, "FIELD_TYPE", "/items/0/verb"},
		"the whole body":             {`null`, "FIELD_TYPE", ""},
		"a list that is none at all": {`{"items":{}}`, "FIELD_TYPE", "/items"},
	} {
		if p := w.refuse(http.StatusUnprocessableEntity, c.code, w.post(supplier, "/v1/orders/batch", c.body)); p.Field != c.field {
			t.Errorf("%s: the problem names %q", name, p.Field)
		}
	}
	item := object{"verb": "merge", "id": "NONE", "args": object{"others": nil, "into": "x"}}
	answer := into[batchAnswer](w, w.post(keeper, "/v1/warehouse-receipts/batch", object{"items": []object{item}}), http.StatusOK)
	if r := answer.Results[0]; r.Status != "invalid" || r.Code != "FIELD_REQUIRED" || r.Field != "/args/others" {
		t.Errorf("null in the arguments of an item: %+v", r)
	}
}
