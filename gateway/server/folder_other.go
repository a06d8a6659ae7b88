//go:build !unix

package server

import "os"

// tryLock does nothing where files cannot be locked so: there, take care to start one gateway on a folder.
func tryLock(*os.File) error { return nil }
