package service

import (
	"log/slog"
	"strings"
	"testing"
	"time"
)

// environment is one in which a service can run; the certificates are those of a test's folder.
func environment(t *testing.T) map[string]string {
	pki := newPKI(t)
	return map[string]string{
		"CHAINCODE_SERVER_ADDRESS": "127.0.0.1:0", "CHAINCODE_ID": "decore:1", "CORE_PEER_LOCALMSPID": "PlatformMSP",
		"CHAINCODE_TLS_KEY": pki.file("service.key"), "CHAINCODE_TLS_CERT": pki.file("service.pem"), "CHAINCODE_CLIENT_CA_CERT": pki.file("ca.pem"),
	}
}

func TestSettings(t *testing.T) {
	good := environment(t)
	read := func(change map[string]string) (settings, error) {
		return readSettings(func(name string) string {
			if value, ok := change[name]; ok {
				return value
			}
			return good[name]
		})
	}
	t.Run("defaults", func(t *testing.T) {
		s, err := read(nil)
		if err != nil {
			t.Fatal(err)
		}
		if s.org != "PlatformMSP" || s.packageID != "decore:1" || s.skew != 2*time.Minute || s.demonstration || s.tls == nil || s.health != "" {
			t.Errorf("%+v", s)
		}
	})
	t.Run("everything else", func(t *testing.T) {
		s, err := read(map[string]string{
			"DECORE_CLOCK_SKEW": "5s", "DECORE_DEMONSTRATION": "true", "DECORE_HEALTH_ADDRESS": "127.0.0.1:1", "DECORE_LOG_LEVEL": "debug",
			"CHAINCODE_TLS_DISABLED": "true", "CHAINCODE_TLS_KEY": "",
		})
		if err != nil {
			t.Fatal(err)
		}
		if s.skew != 5*time.Second || !s.demonstration || s.health != "127.0.0.1:1" || s.level != slog.LevelDebug || s.tls != nil {
			t.Errorf("%+v", s)
		}
	})
	for _, name := range []string{
		"CHAINCODE_SERVER_ADDRESS", "CHAINCODE_ID", "CORE_PEER_LOCALMSPID", "CHAINCODE_TLS_KEY", "CHAINCODE_TLS_CERT", "CHAINCODE_CLIENT_CA_CERT",
	} {
		t.Run(name+" must be set", func(t *testing.T) {
			if _, err := read(map[string]string{name: ""}); err == nil || !strings.Contains(err.Error(), name) {
				t.Errorf("got %v", err)
			}
		})
	}
	for name, value := range map[string]string{
		"DECORE_DEMONSTRATION": "perhaps", "CHAINCODE_TLS_DISABLED": "perhaps", "DECORE_CLOCK_SKEW": "long", "DECORE_LOG_LEVEL": "loud",
		"CHAINCODE_TLS_KEY": "/none", "CHAINCODE_CLIENT_CA_CERT": "/none", "CHAINCODE_TLS_CERT": good["CHAINCODE_TLS_KEY"],
	} {
		t.Run(name+" "+value+" is refused", func(t *testing.T) {
			if _, err := read(map[string]string{name: value}); err == nil {
				t.Error("taken")
			}
		})
	}
	t.Run("client authorities without a certificate are refused", func(t *testing.T) {
		if _, err := read(map[string]string{"CHAINCODE_CLIENT_CA_CERT": good["CHAINCODE_TLS_KEY"]}); err == nil {
			t.Error("taken")
		}
	})
	t.Run("every fault is named at once", func(t *testing.T) {
		_, err := read(map[string]string{"CHAINCODE_ID": "", "DECORE_CLOCK_SKEW": "long"})
		if err == nil || !strings.Contains(err.Error(), "CHAINCODE_ID") || !strings.Contains(err.Error(), "DECORE_CLOCK_SKEW") {
			t.Errorf("got %v", err)
		}
	})
}
