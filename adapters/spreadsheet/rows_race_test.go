//go:build race

package spreadsheet_test

// manyRows is less under the race detector, which makes reading some ten times slower.
const manyRows = 5_000
