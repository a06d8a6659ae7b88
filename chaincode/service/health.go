package service

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/go-json-experiment/json"
)

// health answers whether the service takes calls.
type health struct {
	server *http.Server
	ended  chan struct{}
}

// serveHealth answers at the address; without one it does nothing.
func serveHealth(ctx context.Context, address string, streams *streams) (*health, error) {
	if address == "" {
		return &health{}, nil
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("health: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { answerHealth(w, streams) })
	h := &health{server: &http.Server{Handler: mux, ReadHeaderTimeout: time.Second, WriteTimeout: time.Second}, ended: make(chan struct{})}
	go func() {
		defer close(h.ended)
		_ = h.server.Serve(listener) // ends with close
	}()
	return h, nil
}

func answerHealth(w http.ResponseWriter, streams *streams) {
	peers, draining := streams.state()
	answer := struct {
		Status string `json:"status"`
		Peers  int    `json:"peers"` // that are connected; they connect at their first call
	}{"ok", peers}
	w.Header().Set("Content-Type", "application/json")
	if draining {
		answer.Status = "stopping"
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_ = json.MarshalWrite(w, answer) // a client that went away
}

func (h *health) close() error {
	if h.server == nil {
		return nil
	}
	err := h.server.Close()
	<-h.ended
	return err
}
