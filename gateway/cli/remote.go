package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// remote says at which gateway, and as whom.
type remote struct {
	Gateway string `help:"Address of a gateway that is serving." default:"http://127.0.0.1:8080" env:"DECORE_GATEWAY" placeholder:"URL"`
	Token   string `help:"Access token; gateway token makes one for the development issuer." required:"" env:"DECORE_TOKEN" placeholder:"JWT"`
}

const (
	remotePatience = 10 * time.Minute // the report of all of a bank's claims is one answer
	remoteMost     = 256 << 20        // bytes of an answer
)

// ask sends a request about the subsidy and returns the body of a good answer.
func (r remote) ask(ctx context.Context, method string, path []string, query url.Values, media string, body io.Reader) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, remotePatience)
	defer cancel()
	address, err := url.Parse(r.Gateway)
	if err != nil {
		return nil, &usageError{fmt.Sprintf("--gateway: %v", err)}
	}
	address = address.JoinPath(append([]string{"v1", "subsidy"}, path...)...)
	address.RawQuery = query.Encode()
	request, err := http.NewRequestWithContext(ctx, method, address.String(), body)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+r.Token)
	if media != "" {
		request.Header.Set("Content-Type", media)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("the gateway does not answer: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	raw, err := io.ReadAll(io.LimitReader(response.Body, remoteMost))
	if err == nil && response.StatusCode >= http.StatusBadRequest {
		err = &answeredError{response.Status, raw}
	}
	return raw, err
}

// answeredError is what a gateway answers instead of what was asked for.
type answeredError struct {
	status string
	body   []byte
}

func (e *answeredError) Error() string {
	return "the gateway answers " + e.status + ": " + faultsOf(e.body)
}

// faultsOf lists the faults of a problem, one a line; what is no problem is shown as it is.
func faultsOf(raw []byte) string {
	var p struct {
		Code, Title, Detail, Field string
		Errors                     []struct{ Location, Code, Message string }
		Reasons                    []struct{ Code, Title, Detail, Field, Fact, Ground string }
	}
	if json.Unmarshal(raw, &p) != nil || p.Title == "" {
		return strings.TrimSpace(string(raw))
	}
	lines := []string{strings.Join(strings.Fields(p.Field+" "+p.Code+" "+p.Title+" "+p.Detail), " ")}
	for _, e := range p.Errors {
		lines = append(lines, fmt.Sprintf("  %-6s %s %s", e.Location, e.Code, e.Message))
	}
	for _, r := range p.Reasons {
		lines = append(lines, strings.TrimRight(fmt.Sprintf("  %-6s %s %s %s [%s]", r.Field+r.Fact, r.Code, r.Title, r.Detail, r.Ground), " "))
	}
	return strings.Join(lines, "\n")
}
