package service

import (
	"testing"

	"decore/chaincode/contract"
	"decore/chaincode/protocol"
)

func TestOnlyTheRegulatorsOrganisationFoundsTheLedger(t *testing.T) {
	guarded := func() *chaincode {
		c := service(put)
		c.founding.regulator = "BureauMSP"
		return c
	}
	t.Run("nobody else submits before there is a charter", func(t *testing.T) {
		stub := newStub("BankAMSP", protocol.Submit, `["one"]`)
		expect(t, guarded(), stub, protocol.Forbidden)
		if len(stub.written) > 0 {
			t.Errorf("written: %q", stub.written)
		}
	})
	t.Run("the regulator's does", func(t *testing.T) {
		expect(t, guarded(), newStub("BureauMSP", protocol.Submit, `["one"]`), protocol.OK)
	})
	t.Run("then everybody does", func(t *testing.T) {
		c, stub := guarded(), newStub("BankAMSP", protocol.Submit, `["one"]`)
		stub.public[contract.CharterKey()] = "{}"
		expect(t, c, stub, protocol.OK)
		expect(t, c, newStub("BankAMSP", protocol.Submit, `["two"]`), protocol.OK)
	})
	t.Run("a service that is told of no regulator lets anybody", func(t *testing.T) {
		expect(t, service(put), newStub("BankAMSP", protocol.Submit, `["one"]`), protocol.OK)
	})
}
