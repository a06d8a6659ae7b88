// Command gateway is the decore gateway: the HTTP service and its command line.
package main

import (
	"os"

	"decore/gateway/cli"
)

func main() { os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }
