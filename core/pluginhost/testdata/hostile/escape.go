// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"github.com/satis-toscana/satis/sdk"
)

// garbage shakes hands and then speaks something that is no protocol.
func garbage() {
	path := os.Getenv("PLUGIN_UNIX_SOCKET_DIR") + "/garbage"
	l, err := net.Listen("unix", path)
	if err != nil {
		os.Exit(1)
	}
	fmt.Println("1|1|unix|" + path + "|grpc")
	for {
		c, err := l.Accept()
		if err != nil {
			os.Exit(1)
		}
		go func() {
			for {
				if _, err := c.Write([]byte("\x00\xff\xffMario Rossi PRI * HTTP/2.0\r\n")); err != nil {
					return
				}
			}
		}()
	}
}

// unlimited is served without the limits that the SDK keeps.
type unlimited struct {
	plugin.NetRPCUnsupportedPlugin
	p sdk.Plugin
}

func (u *unlimited) GRPCServer(_ *plugin.GRPCBroker, s *grpc.Server) error {
	return sdk.Register(s, u.p)
}

func (u *unlimited) GRPCClient(context.Context, *plugin.GRPCBroker, *grpc.ClientConn) (any, error) {
	return nil, nil
}

func serveUnlimited(p sdk.Plugin) {
	plugin.Serve(&plugin.ServeConfig{
		HandshakeConfig:  plugin.HandshakeConfig{MagicCookieKey: sdk.CookieKey, MagicCookieValue: sdk.CookieValue},
		VersionedPlugins: map[int]plugin.PluginSet{1: {sdk.Name: &unlimited{p: p}}},
		GRPCServer: func(o []grpc.ServerOption) *grpc.Server {
			return grpc.NewServer(append(o, grpc.MaxSendMsgSize(1<<31-1), grpc.MaxRecvMsgSize(1<<31-1))...)
		},
	})
}

// try tells how something forbidden ends.
func try(name string, err error) string {
	if err == nil {
		return name + ":DONE"
	}
	return name + ":" + err.Error()
}

// files tries to read and write where a plugin has no business.
func files() string {
	parent := fmt.Sprintf("/proc/%d/environ", os.Getppid())
	var out []string
	for _, path := range []string{"/etc/passwd", parent, "/proc/self/environ", "/proc/1/cmdline", "/"} {
		_, err := os.ReadFile(path)
		if path == "/" {
			_, err = os.ReadDir(path)
		}
		out = append(out, try("read", err))
	}
	for _, path := range []string{"/tmp/satis-escape", "/dev/shm/satis-escape", "satis-escape"} {
		out = append(out, try("write", os.WriteFile(path, []byte("x"), 0o600)))
	}
	// In its own folder it can make a file, but puts nothing into it.
	out = append(out, try("fill", os.WriteFile(os.Getenv("PLUGIN_UNIX_SOCKET_DIR")+"/x", []byte("x"), 0o600)))
	return strings.Join(out, "\n")
}

// network tries to reach somebody; target is a socket where somebody listens.
func network(target string) string {
	var out []string
	for _, to := range [][2]string{{"tcp", "127.0.0.1:5432"}, {"udp", "127.0.0.1:53"}, {"unix", target}, {"unixgram", target}, {"unix", "@satis"}} {
		c, err := net.DialTimeout(to[0], to[1], time.Second)
		if err == nil {
			_ = c.Close()
		}
		out = append(out, try(to[0], err))
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err == nil {
		_ = l.Close()
	}
	return strings.Join(append(out, try("listen", err)), "\n")
}

// calls tries system calls that no plugin needs.
func calls() string {
	parent := uintptr(os.Getppid())
	var out []string
	for name, c := range map[string][4]uintptr{
		"kill parent": {syscall.SYS_KILL, parent, uintptr(syscall.SIGKILL)}, "kill all": {syscall.SYS_KILL, ^uintptr(0), 0},
		"tgkill": {syscall.SYS_TGKILL, parent, parent, uintptr(syscall.SIGKILL)}, "ptrace": {syscall.SYS_PTRACE, 16, parent},
		"fork": {syscall.SYS_CLONE, uintptr(syscall.SIGCHLD)}, "io_uring": {425, 8}, "memfd": {319}, "unshare": {syscall.SYS_UNSHARE, syscall.CLONE_NEWUSER},
		"outlive": {syscall.SYS_PRCTL, syscall.PR_SET_PDEATHSIG, 0}, "limits": {302, parent}, "setsid": {syscall.SYS_SETSID},
		"mount": {syscall.SYS_MOUNT}, "bpf": {321}, "setuid": {syscall.SYS_SETUID, 0}, "vm_readv": {310, parent}, "pidfd": {434, parent},
		"inet": {syscall.SYS_SOCKET, syscall.AF_INET, syscall.SOCK_STREAM}, "netlink": {syscall.SYS_SOCKET, syscall.AF_NETLINK, syscall.SOCK_RAW},
		"dgram": {syscall.SYS_SOCKET, syscall.AF_UNIX, syscall.SOCK_DGRAM}, "chmod": {syscall.SYS_CHMOD},
		"crafted": {syscall.SYS_CLONE, 16, syscall.TCGETS}, // what one filter for all would let through
	} {
		_, _, errno := syscall.RawSyscall(c[0], c[1], c[2], c[3])
		if errno == 0 {
			out = append(out, name+":DONE")
		} else {
			out = append(out, name+":"+errno.Error())
		}
	}
	return strings.Join(out, "\n")
}

// eat takes memory until there is none.
func eat() {
	var all [][]byte
	for {
		b := make([]byte, 16<<20)
		for i := 0; i < len(b); i += 4096 {
			b[i] = 1
		}
		all = append(all, b)
		if len(all) > 1<<20 {
			return
		}
	}
}

func spin() {
	for {
		_ = rand.Int()
	}
}

var memory struct {
	sync.Mutex
	seen []string
}

// remember keeps what it was told, and tells it to whoever asks next.
func remember(note string) string {
	memory.Lock()
	defer memory.Unlock()
	memory.seen = append(memory.seen, note)
	return strings.Join(memory.seen, "|") + " "
}
