package service

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"time"
)

// settings say how a service runs. They come from the environment, as Fabric's users expect:
//
//	CHAINCODE_SERVER_ADDRESS   where peers reach it, such as 127.0.0.1:9999
//	CHAINCODE_ID               the package ID that the peers installed
//	CORE_PEER_LOCALMSPID       the organisation (MSP ID) of these peers
//	CHAINCODE_TLS_KEY          file with its private key
//	CHAINCODE_TLS_CERT         file with its certificate
//	CHAINCODE_CLIENT_CA_CERT   file with the authorities whose peers may call
//	CHAINCODE_TLS_DISABLED     true for no TLS at all, where something else protects the way
//	DECORE_REGULATOR           the organisation (MSP ID) that may found the ledger (default: any)
//	DECORE_CLOCK_SKEW          how far a transaction's time may be from the clock here (default 2m)
//	DECORE_DEMONSTRATION       true to take transactions of any time, for a story that plays over years
//	DECORE_HEALTH_ADDRESS      where /healthz answers by HTTP (default: nowhere)
//	DECORE_LOG_LEVEL           debug, info, warn or error (default info)
type settings struct {
	address       string
	packageID     string
	org           string
	tls           *tls.Config // nil for none
	regulator     string
	skew          time.Duration
	demonstration bool
	health        string
	level         slog.Level
}

const defaultSkew = 2 * time.Minute

// readSettings reads the environment. It names every fault at once.
func readSettings(getenv func(string) string) (settings, error) {
	var faults []error
	fault := func(name string, err error) {
		if err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", name, err))
		}
	}
	required := func(name string) string {
		value := getenv(name)
		if value == "" {
			fault(name, errors.New("must be set"))
		}
		return value
	}
	s := settings{
		address:   required("CHAINCODE_SERVER_ADDRESS"),
		packageID: required("CHAINCODE_ID"),
		org:       required("CORE_PEER_LOCALMSPID"),
		regulator: getenv("DECORE_REGULATOR"),
		health:    getenv("DECORE_HEALTH_ADDRESS"),
		skew:      defaultSkew,
	}
	var err error
	s.demonstration, err = flag(getenv("DECORE_DEMONSTRATION"))
	fault("DECORE_DEMONSTRATION", err)
	plain, err := flag(getenv("CHAINCODE_TLS_DISABLED"))
	fault("CHAINCODE_TLS_DISABLED", err)
	if text := getenv("DECORE_CLOCK_SKEW"); text != "" {
		s.skew, err = time.ParseDuration(text)
		fault("DECORE_CLOCK_SKEW", err)
	}
	if text := getenv("DECORE_LOG_LEVEL"); text != "" {
		fault("DECORE_LOG_LEVEL", s.level.UnmarshalText([]byte(text)))
	}
	if !plain {
		s.tls, err = mutualTLS(required("CHAINCODE_TLS_CERT"), required("CHAINCODE_TLS_KEY"), required("CHAINCODE_CLIENT_CA_CERT"))
		fault("TLS", err)
	}
	return s, errors.Join(faults...)
}

func flag(text string) (bool, error) {
	if text == "" {
		return false, nil
	}
	return strconv.ParseBool(text)
}

// mutualTLS refuses every client without a certificate of the given authorities.
func mutualTLS(cert, key, clientCA string) (*tls.Config, error) {
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return nil, err
	}
	roots, err := os.ReadFile(clientCA) // #nosec G304 -- the setting names the file
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(roots) {
		return nil, fmt.Errorf("%s holds no certificate", clientCA)
	}
	return &tls.Config{
		MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair},
		ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool,
	}, nil
}
