package cli

import (
	"fmt"
	"time"

	"decore/chaincode/ident"
	"decore/chaincode/lifecycle"
	"decore/gateway/auth"
	"decore/gateway/server"
)

type tokenCommand struct {
	dataFlag `embed:""`
	Demo     bool          `help:"Use the demo's data folder."`
	Party    ident.USCC    `help:"Unified social credit code of the party to speak for." required:"" placeholder:"USCC"`
	Role     []string      `help:"Role to act as; may be given more than once." required:"" enum:"sme,leader,bank,keeper,guarantor,insurer,platform,regulator" placeholder:"ROLE"`
	TTL      time.Duration `name:"ttl" help:"How long the token is valid." default:"12h"`
}

// Run prints a token. Whoever can read the data folder can make one, so the development issuer is for
// trying out; a gateway in use takes tokens of its users' own issuers.
func (c *tokenCommand) Run(s *streams) error {
	name := "serve"
	if c.Demo {
		name = "demo"
	}
	data := c.or(name)
	if _, err := server.Plan(data); err != nil {
		return fmt.Errorf("no gateway was started on the data folder %s: %w", data, err)
	}
	issuer, err := auth.OpenDevIssuer(data, nil)
	if err != nil {
		return err
	}
	roles := make([]lifecycle.Role, len(c.Role))
	for i, r := range c.Role {
		roles[i] = lifecycle.Role(r)
	}
	token, err := issuer.Token(c.Party, roles, c.TTL)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(s.out, token)
	return err
}
