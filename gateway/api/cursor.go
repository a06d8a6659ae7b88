package api

import (
	"encoding/base64"
	"strconv"
	"strings"

	"decore/gateway/problem"
)

// A cursor is opaque to callers: the last item of a page and the list that it belongs to. It grants nothing, since
// every page is filtered anew, so it needs no signature.
const (
	cursorSeparator = "\n"
	maxCursor       = 400
)

func cursorOf(list, last string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(list + cursorSeparator + last))
}

// readCursor returns the item after which a page begins; "" for the first page.
func readCursor(list, cursor string) (string, error) {
	if cursor == "" {
		return "", nil
	}
	invalid := problem.New(problem.CursorInvalid).At("query.cursor")
	if len(cursor) > maxCursor {
		return "", invalid
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil {
		return "", invalid
	}
	of, last, found := strings.Cut(string(raw), cursorSeparator)
	if !found || of != list || last == "" || strings.Trim(last, cursorAlphabet) != "" {
		return "", invalid
	}
	return last, nil
}

// readNumber is readCursor of a list whose items have numbers, from 1 on; 0 for the first page.
func readNumber(list, cursor string) (int, error) {
	last, err := readCursor(list, cursor)
	if err != nil || last == "" {
		return 0, err
	}
	n, err := strconv.ParseUint(last, 10, 31)
	if err != nil {
		return 0, problem.New(problem.CursorInvalid).At("query.cursor")
	}
	return int(n), nil
}

// cursorAlphabet are the characters of the IDs that lists go by.
const cursorAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.:"
