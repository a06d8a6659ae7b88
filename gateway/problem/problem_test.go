package problem_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"decore/adapters/ledger"
	"decore/chaincode/fault"
	"decore/gateway/problem"
)

// codesOf reads the string constants of a package, as its source has them, that look like a code.
func codesOf(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no source in %s: %v", dir, err)
	}
	var codes []string
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, source, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if spec, ok := n.(*ast.ValueSpec); ok {
				codes = append(codes, literals(spec)...)
			}
			return true
		})
	}
	return codes
}

func literals(spec *ast.ValueSpec) []string {
	var found []string
	for _, v := range spec.Values {
		lit, ok := v.(*ast.BasicLit)
		if !ok || lit.Kind != token.STRING {
			continue
		}
		s, err := strconv.Unquote(lit.Value)
		if err == nil && len(s) > 3 && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == "" {
			found = append(found, s)
		}
	}
	return found
}

func TestEveryCodeHasAStatusAndATextInBothLanguages(t *testing.T) {
	for dir, least := range map[string]int{"../../chaincode/fault": 55, "../../chaincode/subsidy": 24, "../auth": 11, ".": 40} {
		codes := codesOf(t, dir)
		if len(codes) < least {
			t.Fatalf("only %d codes found in %s", len(codes), dir)
		}
		for _, code := range codes {
			en, zh := problem.Title(code, "en"), problem.Title(code, "zh")
			switch {
			case !problem.Known(code):
				t.Errorf("%s of %s is not in the table", code, dir)
			case en == "" || zh == "" || en == zh:
				t.Errorf("%s: %q, %q", code, en, zh)
			case problem.Status(code) < 400 || problem.Status(code) > 599:
				t.Errorf("%s has status %d", code, problem.Status(code))
			}
		}
	}
}

func TestProblemsRenderInTheCallersLanguage(t *testing.T) {
	p := problem.New(problem.BodyTooLarge).Because("at most 5 bytes", "最多 5 字节").Found(problem.NewItem("/a", problem.AmountInvalid, "x", problem.Text{}))
	zh, en := p.Render("zh", "/v1/x", "t1"), p.Render("en", "/v1/x", "t1")
	if zh.Title != "请求体过大" || zh.Detail != "最多 5 字节" || !strings.HasPrefix(zh.Errors[0].Message, "金额") {
		t.Errorf("Chinese: %+v", zh)
	}
	if en.Detail != "at most 5 bytes" || en.Status != 413 || en.TraceID != "t1" || en.Instance != "/v1/x" || en.Field != "/a" {
		t.Errorf("English: %+v", en)
	}
	if p.Errors[0].Message != "" {
		t.Error("rendering changed the problem itself")
	}
}

func TestErrorsBecomeProblems(t *testing.T) {
	for _, c := range []struct {
		err    error
		status int
		code   string
	}{
		{fmt.Errorf("deep: %w", ledger.ErrBusy), 429, problem.TooManyRequests},
		{ledger.ErrUnknown, 504, problem.OutcomeUnknown},
		{&ledger.DamageError{Where: "block 3", Reason: "hash"}, 503, problem.LedgerDamaged},
		{ledger.ErrUnavailable, 503, problem.LedgerUnavailable},
		{fault.New(fault.OverAdvance, "/amount").Under("x"), 422, "OVER_ADVANCE"},
		{errors.New("anything else"), 500, problem.Internal},
	} {
		p := problem.From(c.err)
		if p.Status != c.status || p.Code != c.code {
			t.Errorf("%v became %d %s", c.err, p.Status, p.Code)
		}
	}
}

func TestNothingOfAnInternalErrorIsShown(t *testing.T) {
	p := problem.From(errors.New("secret-path /var/keys")).Render("en", "/", "t")
	raw, err := json.Marshal(p)
	if err != nil || strings.Contains(string(raw), "secret-path") {
		t.Errorf("%s %v", raw, err)
	}
	if !strings.Contains(fmt.Sprint(p.Unwrap()), "secret-path") {
		t.Error("the cause is kept for the log")
	}
}

func TestValuesAreClipped(t *testing.T) {
	item := problem.NewItem("/a", problem.FieldType, strings.Repeat("长", 5000), problem.Text{})
	if n := len([]rune(item.Value.(string))); n > 61 {
		t.Errorf("%d characters", n)
	}
	if item := problem.NewItem("/a", problem.FieldType, map[string]any{"a": 1}, problem.Text{}); item.Value != nil {
		t.Error("an object is repeated")
	}
}

func TestRetryAfterGoesWithWhatPasses(t *testing.T) {
	if problem.New(problem.TooManyRequests).GetHeaders().Get("Retry-After") == "" || problem.New(problem.LedgerUnavailable).GetHeaders().Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	if problem.New(problem.JSONMalformed).GetHeaders() != nil {
		t.Error("Retry-After on a fault of the caller's")
	}
}
