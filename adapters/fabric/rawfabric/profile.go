package rawfabric

import (
	"strings"

	"decore/adapters/fabric/connection"
)

// settings are the SDK's configuration, by dotted key.
type settings map[string]any

// Lookup implements core.ConfigBackend.
func (s settings) Lookup(key string) (any, bool) {
	value, ok := s[key]
	return value, ok
}

// orgKey is the name of an organisation in the profile, which the SDK wants in lower case.
func orgKey(msp string) string { return strings.ToLower(msp) }

// profile is the connection as the SDK's own connection profile.
func profile(conn connection.Connection, store string) settings {
	orderers, peers, channelPeers := map[string]any{}, map[string]any{}, map[string]any{}
	orgs := map[string]map[string]any{}
	var ordererNames []string
	for _, n := range conn.Orderers {
		orderers[n.Address] = node(n)
		ordererNames = append(ordererNames, n.Address)
	}
	for _, n := range conn.Peers {
		peers[n.Address] = node(n)
		own := n.Org == conn.Org
		channelPeers[n.Address] = map[string]any{"endorsingPeer": true, "chaincodeQuery": true, "ledgerQuery": own, "eventSource": own}
		org, known := orgs[orgKey(n.Org)]
		if !known {
			org = map[string]any{"mspid": n.Org, "cryptoPath": store, "peers": []string{}}
			orgs[orgKey(n.Org)] = org
		}
		org["peers"] = append(org["peers"].([]string), n.Address)
	}
	return settings{
		"client":                                  map[string]any{"organization": orgKey(conn.Org)},
		"client.BCCSP.security.enabled":           true,
		"client.BCCSP.security.default.provider":  "SW",
		"client.BCCSP.security.hashAlgorithm":     "SHA2",
		"client.BCCSP.security.softVerify":        true,
		"client.BCCSP.security.level":             256,
		"client.credentialStore.path":             store,
		"client.credentialStore.cryptoStore.path": store,
		"client.cryptoconfig.path":                store,
		"channels": map[string]any{conn.Channel: map[string]any{
			"orderers": ordererNames, "peers": channelPeers,
			// With more the SDK races itself, and some of its clients never connect.
			"policies": map[string]any{"discovery": map[string]any{"maxTargets": 1}},
		}},
		"organizations": orgs, "orderers": orderers, "peers": peers,
	}
}

func node(n connection.Node) map[string]any {
	return map[string]any{"url": "grpcs://" + n.Address, "tlsCACerts": map[string]any{"pem": n.TLSRoots}}
}
