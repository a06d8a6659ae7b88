package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
)

// client speaks to a gateway as one party.
type client struct {
	http  *http.Client
	base  string
	token string
}

// callTime is how long one call may take.
const callTime = 30 * time.Second

func newHTTP() *http.Client {
	return &http.Client{Timeout: callTime, Transport: &http.Transport{MaxIdleConnsPerHost: 2048, MaxIdleConns: 4096}}
}

func (c client) get(ctx context.Context, path string, answer any) error {
	return c.send(ctx, http.MethodGet, path, nil, answer)
}

func (c client) post(ctx context.Context, path string, body, answer any) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("POST %s: %w", path, err)
	}
	return c.send(ctx, http.MethodPost, path, raw, answer)
}

// send makes a call, which must be answered with a status below 300. The answer may be nil, or *[]byte for all of it.
func (c client) send(ctx context.Context, method, path string, body []byte, answer any) error {
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	if res.StatusCode >= http.StatusMultipleChoices {
		return fmt.Errorf("%s %s: status %d: %.300s", method, path, res.StatusCode, raw)
	}
	switch into := answer.(type) {
	case nil:
	case *[]byte:
		*into = raw
	default:
		if err := json.Unmarshal(raw, answer); err != nil {
			return fmt.Errorf("%s %s: %w", method, path, err)
		}
	}
	return nil
}

// results are the answer to several commands.
type results struct {
	Results []struct {
		Status     string `json:"status"`
		ID         string `json:"id"`
		Code       string `json:"code"`
		Field      string `json:"field"`
		Commitment string `json:"commitment"`
	} `json:"results"`
}

// many posts several commands at once, of which all must be accepted.
func (c client) many(ctx context.Context, path string, body any) (results, error) {
	var answer results
	if err := c.post(ctx, path, body, &answer); err != nil {
		return answer, err
	}
	for i, r := range answer.Results {
		if r.Status != "accepted" {
			return answer, fmt.Errorf("POST %s: command %d was %s: %s %s", path, i, r.Status, r.Code, r.Field)
		}
	}
	return answer, nil
}
