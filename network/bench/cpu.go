package bench

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// ticks are how many of the system's units of processor time make a second: 100 on every Linux that Go runs on.
const ticks = 100

// processorTime is the time that a process has had of the processors, in seconds.
func processorTime(pid int) (float64, error) {
	raw, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat")) // #nosec G304 -- of the system
	if err != nil {
		return 0, fmt.Errorf("processor time: %w", err)
	}
	// The fields after the program's name, which stands in brackets and may hold anything.
	fields := strings.Fields(string(raw)[strings.LastIndexByte(string(raw), ')')+1:])
	const user, system = 11, 12
	if len(fields) <= system {
		return 0, fmt.Errorf("processor time of process %d cannot be read", pid)
	}
	u, err := strconv.Atoi(fields[user])
	if err != nil {
		return 0, fmt.Errorf("processor time of process %d: %w", pid, err)
	}
	s, err := strconv.Atoi(fields[system])
	if err != nil {
		return 0, fmt.Errorf("processor time of process %d: %w", pid, err)
	}
	return float64(u+s) / ticks, nil
}

// groups are processes by what they are.
type groups map[string][]int

// usage sums up the processor time of each group.
func (g groups) usage() (map[string]float64, error) {
	sum := map[string]float64{}
	for group, pids := range g {
		for _, pid := range pids {
			seconds, err := processorTime(pid)
			if err != nil {
				return nil, err
			}
			sum[group] += seconds
		}
	}
	return sum, nil
}
