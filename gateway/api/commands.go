package api

import (
	"context"
	"net/http"
	"reflect"

	"github.com/go-json-experiment/json/jsontext"

	"decore/chaincode/canon"
	"decore/chaincode/evidence"
	"decore/gateway/problem"
)

// SignedCommands are commands that the caller's party signed with its own key.
type SignedCommands struct {
	Commands []SignedCommand `json:"commands" minItems:"1" maxItems:"200" doc:"Commands, submitted together and in order (指令列表)"`
}

// SignedCommand is one command with the opening of its private arguments.
type SignedCommand struct {
	JWS     string         `json:"jws" doc:"Compact JWS, ES256, of the canonical command (签名指令)" maxLength:"32768"`
	Opening jsontext.Value `json:"opening,omitempty" doc:"Opening of the private arguments: about, salt, terms (参数明文)"`
}

func (a *API) commandRoutes() {
	handle(a, route{method: http.MethodPost, path: "/v1/commands", id: "command.submit", tag: tagLedger, en: "Submit commands signed by the caller's own key",
		zh: "提交自行签名的指令", body: reflect.TypeFor[SignedCommands](), answer: reflect.TypeFor[BatchAnswer]()},
		func(ctx context.Context, e *exchange, in *Write) (*reply, error) {
			var body SignedCommands
			if err := a.schemas.decode(in.raw, &body, false); err != nil {
				return nil, err
			}
			draft := func() ([]step, error) {
				steps := make([]step, len(body.Commands))
				for i, c := range body.Commands {
					s, err := signedStep(e, c)
					if steps[i], err = a.orAnswered(e, s, "", err); err != nil {
						return nil, err
					}
				}
				return steps, nil
			}
			return a.exactlyOnce(ctx, e, in, draft, func(outcomes []outcome) (*reply, error) { return a.batchReply(ctx, e, outcomes) })
		})
}

// signedStep takes a finished command. Whether the signature is good is for the ledger to say; here it is only seen to
// that nobody submits in another party's name.
func signedStep(e *exchange, c SignedCommand) (step, error) {
	cmd, err := evidence.Parse(c.JWS)
	if err != nil {
		return step{}, problem.New("COMMAND_MALFORMED").At("/jws").Because(err.Error(), "")
	}
	if cmd.Party != e.caller.Party {
		return step{}, problem.New(problem.CommandOfOther).At("/jws")
	}
	s := step{JWS: c.JWS, Subject: cmd.Subject}
	if len(c.Opening) > 0 {
		if s.Opening, err = canon.Marshal(c.Opening); err != nil {
			return step{}, problem.New("ARGUMENTS_INVALID").At("/opening").Because(err.Error(), "")
		}
	}
	return s, nil
}
