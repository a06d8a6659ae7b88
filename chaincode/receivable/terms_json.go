package receivable

import (
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// UnmarshalJSONFrom reads terms. Those written before claims could be transferred name no creditor: it is the seller.
func (t *Terms) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	type plain Terms
	if err := json.UnmarshalDecode(d, (*plain)(t)); err != nil {
		return err //nolint:wrapcheck // the package's own error names the place
	}
	if t.Creditor == "" {
		t.Creditor = t.Seller
	}
	return nil
}
