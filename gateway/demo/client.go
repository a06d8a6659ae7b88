package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"time"
)

// client speaks to the gateways as any outside system does.
type client struct {
	http   *http.Client
	access map[string]access // by actor
	last   string            // the gateway that was spoken to last
}

// access is an actor's gateway and its token there.
type access struct{ base, token string }

// reply is what a call came to.
type reply struct {
	Status int
	Header http.Header
	Raw    []byte
}

// write sends a command of an actor. The key makes a repeated call the same call; seen is the version that
// the actor signs for, where it countersigns.
func (c *client) write(ctx context.Context, as actor, path, key, seen string, body any) (reply, error) {
	raw, err := json.Marshal(body)
	if err != nil {
		return reply{}, fmt.Errorf("POST %s: %w", path, err)
	}
	return c.send(ctx, as, http.MethodPost, path, map[string]string{"Content-Type": "application/json", "Idempotency-Key": key, "If-Match": seen}, bytes.NewReader(raw))
}

// call sends a query of an actor.
func (c *client) call(ctx context.Context, as actor, method, path string, body any) (reply, error) {
	var content io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			return reply{}, fmt.Errorf("%s %s: %w", method, path, err)
		}
		content = bytes.NewReader(raw)
	}
	return c.send(ctx, as, method, path, map[string]string{"Content-Type": "application/json"}, content)
}

// upload sends a spreadsheet.
func (c *client) upload(ctx context.Context, as actor, path, key, name string, sheet []byte) (reply, error) {
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	part, err := w.CreateFormFile("file", name)
	if err == nil {
		_, err = part.Write(sheet)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return reply{}, fmt.Errorf("upload %s: %w", name, err)
	}
	return c.send(ctx, as, http.MethodPost, path, map[string]string{"Content-Type": w.FormDataContentType(), "Idempotency-Key": key}, &form)
}

func (c *client) send(ctx context.Context, as actor, method, path string, headers map[string]string, body io.Reader) (reply, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	here := c.access[as.id()]
	if err := c.meet(ctx, here.base); err != nil {
		return reply{}, err
	}
	req, err := http.NewRequestWithContext(ctx, method, here.base+path, body)
	if err != nil {
		return reply{}, fmt.Errorf("%s %s: %w", method, path, err)
	}
	req.Header.Set("Authorization", "Bearer "+here.token)
	for name, value := range headers {
		if value != "" {
			req.Header.Set(name, value)
		}
	}
	res, err := c.http.Do(req)
	if err != nil {
		return reply{}, fmt.Errorf("%s %s: %w", method, path, err)
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(io.LimitReader(res.Body, 64<<20))
	if err != nil {
		return reply{}, fmt.Errorf("%s %s: %w", method, path, err)
	}
	return reply{Status: res.StatusCode, Header: res.Header, Raw: raw}, nil
}

// meet waits until a gateway has read what the one before it has, so that an actor sees what the one before it did.
func (c *client) meet(ctx context.Context, base string) error {
	before := c.last
	c.last = base
	if before == "" || before == base {
		return nil
	}
	want, err := c.newest(ctx, before)
	for err == nil {
		var here uint64
		if here, err = c.newest(ctx, base); here >= want {
			return err
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			err = ctx.Err()
		}
	}
	return fmt.Errorf("wait for %s to read what %s has: %w", base, before, err)
}

// newest is the newest block that a gateway's readers see.
func (c *client) newest(ctx context.Context, base string) (uint64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/readyz", nil)
	if err != nil {
		return 0, err
	}
	res, err := c.http.Do(req)
	if err != nil {
		return 0, err
	}
	defer func() { _ = res.Body.Close() }()
	var ready struct {
		Projection struct {
			Block uint64 `json:"block"`
		} `json:"projection"`
	}
	return ready.Projection.Block, json.NewDecoder(res.Body).Decode(&ready)
}

// into decodes the reply's JSON.
func (r reply) into(v any) error {
	if err := json.Unmarshal(r.Raw, v); err != nil {
		return fmt.Errorf("answer %d: %w: %.200s", r.Status, err, r.Raw)
	}
	return nil
}

// problem is the part of an RFC 9457 problem that the story shows.
type problem struct {
	Code   string `json:"code"`
	Title  string `json:"title"`
	Detail string `json:"detail"`
	Clause string `json:"clause"`
}

func (r reply) problem() problem {
	var p problem
	if err := r.into(&p); err != nil {
		p.Detail = err.Error()
	}
	return p
}

// written is the answer to a write.
type written struct {
	ID       string `json:"id"`
	State    string `json:"state"`
	Version  int    `json:"version"`
	Position struct {
		Tx    string `json:"tx"`
		Block uint64 `json:"block"`
	} `json:"position"`
}
