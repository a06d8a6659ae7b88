package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// measureFile writes a fixture's measure with replaced text to a file of the test's.
func measureFile(t *testing.T, fixture string, replace ...string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "fixtures", "measures", fixture))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), fixture)
	if err := os.WriteFile(file, []byte(strings.NewReplacer(replace...).Replace(string(raw))), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestPolicyDocumentsAreCheckedAndCombinedOffline(t *testing.T) {
	central, draft := filepath.Join("..", "fixtures", "measures", "central-2026-4.json"), filepath.Join("..", "fixtures", "measures", "qingdao-draft-2026-02-06.json")
	if out, errOut, code := run(t, "policy", "check", central, draft); code != 0 || strings.Count(out, "\n") != 2 || !strings.Contains(out, "qingdao-chains-2026") {
		t.Errorf("exit %d: %s%s", code, out, errOut)
	}
	inForce := measureFile(t, "central-2026-4.json", `"status": "draft"`, `"status": "in-force"`)
	out, errOut, code := run(t, "policy", "combine", inForce, draft)
	if code != 0 || !strings.Contains(out, "财金〔2026〕4号") || strings.Contains(out, "qingdao-chains-2026") {
		t.Errorf("exit %d: %s%s", code, out, errOut)
	}
	if out, errOut, code = run(t, "policy", "combine", "--on", "2026-03-01", inForce, draft); code != 0 || !strings.Contains(out, `"amountCap": "1500000.00"`) {
		t.Errorf("exit %d: %s%s", code, out, errOut)
	}
	if _, errOut, code = run(t, "policy", "combine", draft); code != 1 || !strings.Contains(errOut, "--drafts") {
		t.Errorf("a draft alone: exit %d: %s", code, errOut)
	}
	if out, errOut, code = run(t, "policy", "combine", "--drafts", central, draft); code != 0 ||
		!strings.Contains(out, "(九) loses to the stricter cn-sme-loans-2026 v1 财金〔2026〕4号 一、(一)适用对象") {
		t.Errorf("exit %d: %s%s", code, out, errOut)
	}
	policy := filepath.Join("..", "fixtures", "policies", "subsidy-2026.json")
	if out, errOut, code = run(t, "policy", "size", policy, "--industry", "工业", "--staff", "300", "--revenue", "20000000.00"); code != 0 || strings.TrimSpace(out) != "medium" {
		t.Errorf("exit %d: %s%s", code, out, errOut)
	}
	broken := measureFile(t, "central-2026-4.json", `"maxMonths": 24`, `"maxMonths": "two years"`)
	if _, errOut, code = run(t, "policy", "check", broken); code != 1 || !strings.Contains(errOut, "maxMonths") {
		t.Errorf("a broken file: exit %d: %s", code, errOut)
	}
}

func TestPolicyDocumentsAreDraftedPublishedAndRepealedThroughAGateway(t *testing.T) {
	data := t.TempDir()
	g := serve(t, data)
	token, errOut, code := run(t, "token", "--data", data, "--party", "91370200990000308H", "--role", "regulator")
	if code != 0 {
		t.Fatalf("exit %d: %s", code, errOut)
	}
	remote := []string{"--gateway", g.url, "--token", strings.TrimSpace(token)}
	policy := func(want int, args ...string) string {
		t.Helper()
		out, errOut, code := run(t, append(append([]string{"policy"}, args...), remote...)...)
		if code != want {
			t.Fatalf("%v: exit %d: %s%s", args, code, out, errOut)
		}
		return out + errOut
	}
	first := measureFile(t, "central-2026-4.json", "subsidy-sme-2026", "cli-policy")
	if told := policy(0, "draft", first); !strings.HasPrefix(told, "cn-sme-loans-2026 v1 is drafted; block ") || strings.Contains(told, "warning") {
		t.Errorf("drafted: %s", told)
	}
	other := measureFile(t, "central-2026-4.json", "subsidy-sme-2026", "cli-policy", `"0.015"`, `"0.5"`)
	if told := policy(1, "publish", other); !strings.Contains(told, "TERMS_CHANGED") {
		t.Errorf("another text than the draft: %s", told)
	}
	if told := policy(0, "publish", first); !strings.HasPrefix(told, "cn-sme-loans-2026 v1 is published; block ") || !strings.Contains(told, "\nwarning: it takes effect from 2026-01-20, before today") {
		t.Errorf("published: %s", told)
	}
	next := measureFile(t, "central-2026-4.json", "subsidy-sme-2026", "cli-policy", `"0.015"`, `"0.01"`, `"version": 1`, `"version": 2`)
	if told := policy(0, "draft", next); !strings.HasPrefix(told, "cn-sme-loans-2026 v2 is drafted; block ") {
		t.Errorf("drafted: %s", told)
	}
	if told := policy(0, "publish", next, "--json"); !strings.HasPrefix(told, `{"id":"cn-sme-loans-2026","state":"published"`) {
		t.Errorf("as it is: %s", told)
	}
	if told := policy(0, "repeal", "cn-sme-loans-2026", "--from", "2027-01-01", "--by", "财金〔2026〕99号"); !strings.HasPrefix(told, "cn-sme-loans-2026 is repealed; block ") {
		t.Errorf("repealed: %s", told)
	}
	policy(1, "draft", measureFile(t, "central-2026-4.json", "subsidy-sme-2026", "cli-policy", `"version": 1`, `"version": 4`))
}
