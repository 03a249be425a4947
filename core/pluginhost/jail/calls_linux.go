// SPDX-License-Identifier: AGPL-3.0-or-later

package jail

import (
	"os"
	"strings"

	seccomp "github.com/elastic/go-seccomp-bpf"
	"github.com/elastic/go-seccomp-bpf/arch"
	"golang.org/x/sys/unix"
)

// allowed are the system calls of a program that computes, keeps threads and answers on a
// socket. What is not here is refused with EPERM: connect, ptrace, io_uring, mount, bpf,
// memfd_create, pidfd_* and whatever future kernels bring. Names that an architecture does
// not have are left out. Some are allowed in part only: see refused.
const allowed = `
	read write readv writev pread64 pwrite64 preadv pwritev preadv2 pwritev2 lseek close close_range
	open openat openat2 creat stat lstat fstat newfstatat fstatat64 statx access faccessat faccessat2 readlink readlinkat
	getdents getdents64 getcwd chdir fchdir fcntl flock dup dup2 dup3 pipe pipe2 unlink unlinkat fsync fdatasync umask
	mmap munmap mprotect madvise mremap mincore msync brk membarrier
	futex futex_waitv set_robust_list get_robust_list rseq set_tid_address arch_prctl
	sched_yield sched_getaffinity sched_getparam sched_getscheduler sched_get_priority_max sched_get_priority_min getcpu
	gettid getpid getppid getpgid getpgrp getsid getuid geteuid getgid getegid getresuid getresgid getgroups
	uname sysinfo getrandom getrlimit getrusage times getpriority
	exit exit_group execve wait4 waitid
	rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigsuspend rt_sigtimedwait sigaltstack restart_syscall pause
	nanosleep clock_nanosleep clock_gettime clock_getres gettimeofday time alarm setitimer getitimer
	timer_create timer_settime timer_gettime timer_getoverrun timer_delete timerfd_create timerfd_settime timerfd_gettime
	epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_wait epoll_pwait epoll_pwait2 poll ppoll select pselect6 eventfd eventfd2
	bind listen accept accept4 getsockname getpeername getsockopt setsockopt shutdown
	recvfrom recvmsg recvmmsg sendto sendmsg sendmmsg
	clone kill tgkill socket socketpair prlimit64 prctl ioctl`

// filterCalls installs the list for every thread of this process, and for what it becomes.
func filterCalls() error {
	info, err := arch.GetInfo("")
	if err != nil {
		return err
	}
	var names []string
	for _, name := range strings.Fields(allowed) {
		if _, ok := info.SyscallNames[name]; ok {
			names = append(names, name)
		}
	}
	policies := []seccomp.Policy{{
		DefaultAction: seccomp.ActionErrno, // EPERM
		Syscalls: []seccomp.SyscallGroup{
			// C libraries turn to clone where they are told that there is no clone3, whose
			// flags no filter can see.
			{Action: seccomp.ActionErrno | seccomp.Action(unix.ENOSYS), Names: []string{"clone3"}},
			{Action: seccomp.ActionAllow, Names: names},
		},
	}}
	// One filter for each: of several, the kernel takes the strictest answer. In one filter
	// with others the library would compare an argument with the numbers of later calls.
	for _, r := range refused(uint64(os.Getpid())) {
		policies = append(policies, seccomp.Policy{
			DefaultAction: seccomp.ActionAllow,
			Syscalls:      []seccomp.SyscallGroup{{Action: seccomp.ActionErrno, NamesWithCondtions: []seccomp.NameWithConditions{r}}},
		})
	}
	// The first one loaded must let the others be loaded: the list comes last.
	for i := len(policies) - 1; i >= 0; i-- {
		if err := seccomp.LoadFilter(seccomp.Filter{NoNewPrivs: i == len(policies)-1, Flag: seccomp.FilterFlagTSync, Policy: policies[i]}); err != nil {
			return err
		}
	}
	return nil
}

// refused are the uses that are not allowed of calls which are: all but threads, signals to
// itself, stream sockets of this machine, its own limits and harmless questions.
func refused(self uint64) []seccomp.NameWithConditions {
	const (
		first, second     = 0, 1
		datagramBit       = 2              // SOCK_DGRAM and SOCK_RAW; a stream has it not
		fionbio, fionread = 0x5421, 0x541b // x/sys does not name them
	)
	when := func(name string, c ...seccomp.Condition) seccomp.NameWithConditions {
		return seccomp.NameWithConditions{Name: name, Conditions: c}
	}
	has := func(arg uint32, op seccomp.Operation, v uint64) seccomp.Condition {
		return seccomp.Condition{Argument: arg, Operation: op, Value: v}
	}
	noneOf := func(arg uint32, values ...uint64) []seccomp.Condition {
		var out []seccomp.Condition
		for _, v := range values {
			out = append(out, has(arg, seccomp.NotEqual, v))
		}
		return out
	}
	return []seccomp.NameWithConditions{
		when("clone", has(first, seccomp.BitsNotSet, unix.CLONE_THREAD)),
		when("kill", noneOf(first, self)...),
		when("tgkill", noneOf(first, self)...),
		when("socket", noneOf(first, unix.AF_UNIX)...),
		when("socket", has(second, seccomp.BitsSet, datagramBit)),
		when("socketpair", noneOf(first, unix.AF_UNIX)...),
		when("socketpair", has(second, seccomp.BitsSet, datagramBit)),
		when("prlimit64", noneOf(first, 0, self)...),
		when("prctl", noneOf(first, unix.PR_SET_NAME, unix.PR_GET_NAME, unix.PR_SET_VMA, unix.PR_CAPBSET_READ)...),
		when("ioctl", noneOf(second, unix.TCGETS, fionread, fionbio)...),
	}
}
