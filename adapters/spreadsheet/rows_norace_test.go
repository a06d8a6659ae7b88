//go:build !race

package spreadsheet_test

// manyRows is the longest sheet that is taken by default.
const manyRows = 50_000
