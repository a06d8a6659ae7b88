package cluster

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"time"
)

// host is where every node listens: a network of one machine.
const host = "127.0.0.1"

// BusyError is the error of a port that somebody else listens on.
type BusyError struct{ Node, Address string }

func (e *BusyError) Error() string {
	return fmt.Sprintf("%s cannot have %s: another program listens there; stop that program, or make the network at other ports (--port)", e.Node, e.Address)
}

// ports gives out ports in order, beginning at the network's first.
type ports struct {
	port int
	any  bool // skip those that others have; a new network insists on the ports that it was given
	used map[string]bool
}

// newPorts goes on where a plan has stopped. Free ports are sought below those that the system gives to
// outgoing connections, from a random one on, since several networks may start at once.
func newPorts(p *plan) *ports {
	s := &ports{port: p.Port, any: p.Port == 0 || len(p.Nodes) > 0, used: map[string]bool{}}
	if s.port == 0 {
		s.port = 20000 + rand.IntN(11000)
	}
	for _, n := range p.Nodes {
		for _, a := range n.addresses() {
			s.used[a] = true
		}
	}
	return s
}

// next is the next address for a node.
func (s *ports) next(node string) (string, error) {
	for ; s.port < 65536; s.port++ {
		address := net.JoinHostPort(host, strconv.Itoa(s.port))
		switch {
		case s.used[address]:
		case free(address):
			s.port++
			return address, nil
		case !s.any:
			return "", &BusyError{node, address}
		}
	}
	return "", fmt.Errorf("no port is left for %s", node)
}

// free says whether nobody listens at an address.
func free(address string) bool {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return false
	}
	_ = l.Close()
	return true
}

// checkPorts says which address of a node somebody else has.
func checkPorts(n Node) error {
	for _, a := range n.addresses() {
		if !free(a) {
			return &BusyError{n.Name, a}
		}
	}
	return nil
}
