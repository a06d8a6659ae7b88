package verification_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"testing"
	"unicode"

	"decore/chaincode/lot"
	"decore/chaincode/order"
	"decore/chaincode/receivable"
	"decore/chaincode/warehouse"
	"decore/gateway/verification"
)

// constants counts the constants of type Reason in the source, so that one without a text is found.
func constants(t *testing.T) int {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "texts.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	ast.Inspect(file, func(node ast.Node) bool {
		if spec, ok := node.(*ast.ValueSpec); ok {
			if name, ok := spec.Type.(*ast.Ident); ok && name.Name == "Reason" {
				n += len(spec.Names)
			}
		}
		return true
	})
	return n
}

func TestEveryReasonAndCheckHasATextInBothLanguages(t *testing.T) {
	complete := func(what string, text verification.Text) {
		chinese := false
		for _, r := range text.Zh {
			chinese = chinese || unicode.Is(unicode.Han, r)
		}
		if !chinese || text.En == "" {
			t.Errorf("%s: %+v", what, text)
		}
	}
	if n := constants(t); n == 0 || n != len(verification.Reasons) {
		t.Errorf("%d reasons, %d texts", n, len(verification.Reasons))
	}
	for reason, text := range verification.Reasons {
		complete(string(reason), text)
	}
	named := map[string]bool{}
	for _, name := range verification.Occasional() {
		complete(name, verification.CheckNames[name])
		named[name] = true
	}
	for _, kind := range []string{order.Table.Kind, receivable.Table.Kind, lot.Table.Kind, warehouse.Table.Kind} {
		for name := range verification.Checks(kind) {
			complete(name, verification.CheckNames[name])
			named[name] = true
		}
	}
	if len(named) != len(verification.CheckNames) {
		t.Errorf("%d checks, %d names", len(named), len(verification.CheckNames))
	}
}

func TestWhatIsNotConnectedNeverDecides(t *testing.T) {
	for _, name := range []string{"invoice-state", "registry-search", "affiliates", "cash-flow"} {
		if w := verification.Checks(receivable.Table.Kind)[name]; w != verification.Noted {
			t.Errorf("%s is %q", name, w)
		}
	}
}
