package cli_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"decore/gateway/cli"
)

func TestAProblemOfTheGatewayIsToldWithItsField(t *testing.T) {
	const problem = `{"type":"urn:decore:problem:FIELD_REQUIRED","title":"The field is required","status":422,"code":"FIELD_REQUIRED","field":"/number"}`
	gateway := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusUnprocessableEntity)
		_, _ = io.WriteString(w, problem+"\n")
	}))
	defer gateway.Close()
	run := func(more ...string) (int, string, string) {
		var out, errOut strings.Builder
		args := append([]string{"statement", "91370200990000009K", "--policy", "p", "--gateway", gateway.URL, "--token", "x"}, more...)
		code := cli.Run(context.Background(), args, strings.NewReader(""), &out, &errOut)
		return code, out.String(), errOut.String()
	}
	const told = "gateway: the gateway answers 422 Unprocessable Entity: /number FIELD_REQUIRED The field is required\n"
	if code, out, errOut := run(); code != 1 || out != "" || errOut != told {
		t.Errorf("exit code %d, %q, %q", code, out, errOut)
	}
	if code, out, errOut := run("--json"); code != 1 || out != problem+"\n" || errOut != told {
		t.Errorf("with --json: exit code %d, %q, %q", code, out, errOut)
	}
}
