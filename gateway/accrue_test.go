package main

import (
	"bufio"
	"context"
	"encoding/json"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"decore/chaincode/money"
	"decore/gateway/accrual"
	"decore/gateway/accrual/accrualtest"
)

// accrueArgs are the command line of a run in small batches.
func accrueArgs(data string, more ...string) []string {
	return append([]string{"accrue", "--data", data, "--bank", string(accrualtest.Bank), "--through", accrualtest.Through.String(), "--batch", "5"}, more...)
}

// accrueUntil kills the run when it has told of its progress a number of times, or lets it end.
func accrueUntil(t *testing.T, data string, lines int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, accrueArgs(data)...)
	pipe, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for told := bufio.NewScanner(pipe); lines > 0 && told.Scan(); {
		if strings.HasSuffix(told.Text(), " claims") {
			lines--
		}
	}
	_ = cmd.Process.Kill() // it may have ended
	_ = cmd.Wait()
}

func TestAnAccrualRunThatIsKilledGoesOnAndLeavesNothingOutAndDoublesNothing(t *testing.T) {
	const n = 200
	data := t.TempDir()
	accrualtest.Make(t, data, n)
	for _, lines := range []int{2, 4, 1} {
		accrueUntil(t, data, lines)
	}
	out, errOut, code := run(t, accrueArgs(data, "--json")...)
	var last accrual.Summary
	if err := json.Unmarshal([]byte(out), &last); code != 0 || err != nil {
		t.Fatalf("exit %d, %v: %s%s", code, err, out, errOut)
	}
	if last.Claims != n || last.Accrued+last.Idle != n || last.Accrued == 0 || last.Idle == 0 || !last.Ties() {
		t.Errorf("the last run: %+v", last)
	}
	if want := money.Fen(int64(last.Accrued) * accrualtest.Each.Fen()); last.Amount.Cmp(want) != 0 {
		t.Errorf("the last run accrued %s, want %s", last.Amount, want)
	}
	t.Run("and another run says that nothing is left", func(t *testing.T) {
		out, errOut, code := run(t, accrueArgs(data)...)
		if want := strconv.Itoa(n) + " claims through 2026-06-30: 0 accrued, 0 corrected, 0.00 yuan in 0 transactions; " + strconv.Itoa(n) + " with nothing to accrue; 0 refused\n"; code != 0 || out != want {
			t.Errorf("exit %d: %s%s", code, out, errOut)
		}
	})
	t.Run("and an audit explains every write", func(t *testing.T) {
		out, errOut, code := run(t, "audit", "--data", data)
		if code != 0 || !strings.HasPrefix(out, "ok ") {
			t.Errorf("exit %d: %s%s", code, out, errOut)
		}
	})
	t.Run("and a run for a party that is no bank is refused and says so", func(t *testing.T) {
		_, errOut, code := run(t, "accrue", "--data", data, "--bank", "91370200990000308H", "--through", accrualtest.Through.String()) // the bureau
		if code != 2 || !strings.Contains(errOut, "is no bank") {
			t.Errorf("exit %d: %s", code, errOut)
		}
	})
	t.Run("and the doctor finds the folder in order", func(t *testing.T) {
		out, errOut, code := run(t, "doctor", "--data", data)
		if code != 0 || strings.Contains(out, "FAIL") {
			t.Errorf("exit %d: %s%s", code, out, errOut)
		}
	})
}

func TestAnAccrualRunsCommandLineIsChecked(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		code int
		says string
	}{
		"no such batch":      {accrueArgs(t.TempDir(), "--batch", "201"), 2, "--batch is 1 to 200"},
		"no day":             {[]string{"accrue", "--bank", string(accrualtest.Bank)}, 2, "--through"},
		"a wrong bank":       {[]string{"accrue", "--bank", "913702009900000335", "--through", "2026-06-30"}, 2, "check character"},
		"no data folder":     {accrueArgs(t.TempDir() + "/none"), 1, "data folder"},
		"a folder of nobody": {accrueArgs(t.TempDir()), 1, "data folder"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, errOut, code := run(t, c.args...); code != c.code || !strings.Contains(errOut, c.says) {
				t.Errorf("exit %d: %s", code, errOut)
			}
		})
	}
}
