// Command network runs a Fabric network of several organisations as plain processes of one machine.
package main

import (
	"os"

	"decore/network/cli"
)

func main() { os.Exit(cli.Main(os.Args[1:], os.Stdout, os.Stderr)) }
