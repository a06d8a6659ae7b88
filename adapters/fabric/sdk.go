package fabric

import (
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	mspproto "github.com/hyperledger/fabric-protos-go/msp"
	sdk "github.com/hyperledger/fabric-sdk-go/pkg/common/providers/context"
	"github.com/hyperledger/fabric-sdk-go/pkg/common/providers/core"
	"github.com/hyperledger/fabric-sdk-go/pkg/common/providers/fab"
	"github.com/hyperledger/fabric-sdk-go/pkg/common/providers/msp"
	sdkcontext "github.com/hyperledger/fabric-sdk-go/pkg/context"
	"github.com/hyperledger/fabric-sdk-go/pkg/core/cryptosuite"
	"github.com/hyperledger/fabric-sdk-go/pkg/core/cryptosuite/bccsp/sw"
	sdkfab "github.com/hyperledger/fabric-sdk-go/pkg/fab"
	"github.com/hyperledger/fabric-sdk-go/pkg/fab/signingmgr"

	"decore/adapters/fabric/connection"
)

// newSDK puts the SDK's parts together for one identity. The SDK's own way to do so, fabsdk.New, wants folders
// for keys, and starts services that are not used here.
func newSDK(conn connection.Connection, conns *connections, log *slog.Logger) (sdk.Client, error) {
	routeLog(log)
	suite, err := sharedSuite()
	if err != nil {
		return nil, fmt.Errorf("fabric client: %w", err)
	}
	identity, err := newIdentity(suite, conn)
	if err != nil {
		return nil, fmt.Errorf("identity of the client: %w", err)
	}
	signer, err := signingmgr.New(suite)
	if err != nil {
		return nil, fmt.Errorf("fabric client: %w", err)
	}
	config, err := sdkfab.ConfigFromBackend(sdkConfig(conn))
	if err != nil {
		return nil, fmt.Errorf("fabric client: %w", err)
	}
	provider := sdkcontext.NewProvider(
		sdkcontext.WithCryptoSuite(suite), sdkcontext.WithSigningManager(signer),
		sdkcontext.WithEndpointConfig(config), sdkcontext.WithInfraProvider(&infra{conns: conns}),
	)
	return &sdkcontext.Client{Providers: provider, SigningIdentity: identity}, nil
}

// sharedSuite is the SDK's cryptography in memory. The SDK has one for the whole program.
var sharedSuite = sync.OnceValues(func() (core.CryptoSuite, error) {
	suite, err := sw.GetSuiteWithDefaultEphemeral()
	if err == nil && !cryptosuite.DefaultInitialized() {
		err = cryptosuite.SetDefault(suite)
	}
	return suite, err
})

// settings are the SDK's configuration, by dotted key.
type settings map[string]any

// Lookup implements core.ConfigBackend.
func (s settings) Lookup(key string) (any, bool) {
	value, ok := s[key]
	return value, ok
}

func sdkConfig(conn connection.Connection) settings {
	return settings{
		"client":        map[string]any{"organization": conn.Org},
		"organizations": map[string]any{},
		// How long a call waits for a connection; what it waits for in all is the call's own affair.
		"client.peer.timeout.connection":    dialTime,
		"client.orderer.timeout.connection": dialTime,
		"client.orderer.timeout.response":   broadcastTime,
	}
}

// infra hands the SDK this package's connections.
type infra struct {
	fab.InfraProvider // of which nothing else is used
	conns             *connections
}

func (i *infra) CommManager() fab.CommManager { return i.conns }

// identity is an X.509 identity whose key is in memory alone.
type identity struct {
	org  string
	cert []byte // PEM
	key  core.Key
	pub  *ecdsa.PublicKey
}

var errVerify = errors.New("signature does not verify")

func newIdentity(suite core.CryptoSuite, conn connection.Connection) (*identity, error) {
	cert, err := parseCertificate([]byte(conn.Identity.Certificate))
	if err != nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}
	pub, ok := cert.PublicKey.(*ecdsa.PublicKey)
	if !ok {
		return nil, errors.New("certificate: its key is not of an elliptic curve")
	}
	block, _ := pem.Decode([]byte(conn.Identity.Key))
	if block == nil {
		return nil, errors.New("key: not in PEM")
	}
	private, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errors.New("key: not PKCS#8") // the parser's error may tell of the key
	}
	if p, ok := private.(*ecdsa.PrivateKey); !ok || !p.PublicKey.Equal(pub) {
		return nil, errors.New("key: not that of the certificate")
	}
	key, err := suite.KeyImport(block.Bytes, cryptosuite.GetECDSAPrivateKeyImportOpts(true))
	if err != nil {
		return nil, errors.New("key: cannot be used")
	}
	return &identity{org: conn.Org, cert: []byte(conn.Identity.Certificate), key: key, pub: pub}, nil
}

func parseCertificate(text []byte) (*x509.Certificate, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("not in PEM")
	}
	return x509.ParseCertificate(block.Bytes)
}

func (i *identity) Identifier() *msp.IdentityIdentifier {
	return &msp.IdentityIdentifier{MSPID: i.org}
}

func (i *identity) Verify(message, signature []byte) error {
	return verify(i.pub, message, signature)
}

func (i *identity) Serialize() ([]byte, error) {
	return marshal(&mspproto.SerializedIdentity{Mspid: i.org, IdBytes: i.cert})
}

func (i *identity) EnrollmentCertificate() []byte { return i.cert }

// Sign is not used: the SDK signs through its signing manager.
func (i *identity) Sign([]byte) ([]byte, error) { return nil, errors.ErrUnsupported }

func (i *identity) PublicVersion() msp.Identity { return i }
func (i *identity) PrivateKey() core.Key        { return i.key }
