// SPDX-License-Identifier: AGPL-3.0-or-later

package pluginhost

import "runtime"

// spawner starts processes from one thread that lives as long as the host. The kernel is
// asked to kill a plugin with the thread that started it, and the runtime of Go ends
// threads as it likes: on any other thread a plugin could die for no reason.
type spawner struct {
	jobs chan func()
	done chan struct{}
}

func newSpawner() *spawner {
	s := &spawner{jobs: make(chan func()), done: make(chan struct{})}
	go func() {
		defer close(s.done)
		runtime.LockOSThread() // never unlocked: the thread ends with this function
		for job := range s.jobs {
			job()
		}
	}()
	return s
}

// do runs f on the thread and waits for it.
func (s *spawner) do(f func() error) error {
	result := make(chan error, 1)
	s.jobs <- func() { result <- f() }
	return <-result
}

func (s *spawner) close() {
	close(s.jobs)
	<-s.done
}
