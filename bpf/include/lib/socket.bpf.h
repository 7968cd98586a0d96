/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* Sockets: from a descriptor of the current task to the kernel's struct sock, and its two endpoints. */
#ifndef GUMSHOE_SOCKET_BPF_H
#define GUMSHOE_SOCKET_BPF_H

#include "../kernel_types.h"
#include "../events.h"

/* enum sock_flags: the peer's FIN was received. */
#define SOCK_DONE 1

/* task: as bpf_get_current_task_btf() gives it, so that all but the last step are plain loads. */
static __always_inline struct file *file_from_fd(struct task_struct *task, __u32 fd)
{
	struct fdtable *table = task->files->fdt;
	struct file *file = 0;

	if (fd >= table->max_fds)
		return 0;
	bpf_probe_read_kernel(&file, sizeof(file), table->fd + fd);
	return file;
}

static __always_inline bool file_is_socket(struct file *file)
{
	return (BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) == S_IFSOCK;
}

static __always_inline bool is_ip(__u16 family)
{
	return family == AF_INET || family == AF_INET6;
}

static __always_inline bool socket_is_tcp(struct sock *sk)
{
	return is_ip(BPF_CORE_READ(sk, __sk_common.skc_family)) && BPF_CORE_READ(sk, sk_protocol) == IPPROTO_TCP;
}

/* The TCP socket behind a file, or 0. */
static __always_inline struct sock *tcp_socket_of_file(struct file *file)
{
	struct socket *socket;
	struct sock *sk;

	if (!file || !file_is_socket(file))
		return 0;
	socket = BPF_CORE_READ(file, private_data);
	sk = BPF_CORE_READ(socket, sk);
	return sk && socket_is_tcp(sk) ? sk : 0;
}

static __always_inline __u32 socket_netns(const struct sock *sk)
{
	return BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
}

static __always_inline void address_from_ipv4(__u8 *address, __be32 ipv4)
{
	__builtin_memset(address, 0, 10);
	address[10] = 0xff;
	address[11] = 0xff;
	__builtin_memcpy(address + 12, &ipv4, 4);
}

static __always_inline __u16 socket_remote_port(const struct sock *sk)
{
	return __builtin_bswap16(BPF_CORE_READ(sk, __sk_common.skc_dport));
}

static __always_inline void socket_tuple(const struct sock *sk, struct gs_tuple *tuple)
{
	if (BPF_CORE_READ(sk, __sk_common.skc_family) == AF_INET) {
		address_from_ipv4(tuple->local_address, BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr));
		address_from_ipv4(tuple->remote_address, BPF_CORE_READ(sk, __sk_common.skc_daddr));
	} else {
		BPF_CORE_READ_INTO(&tuple->local_address, sk, __sk_common.skc_v6_rcv_saddr);
		BPF_CORE_READ_INTO(&tuple->remote_address, sk, __sk_common.skc_v6_daddr);
	}
	tuple->local_port = BPF_CORE_READ(sk, __sk_common.skc_num);
	tuple->remote_port = socket_remote_port(sk);
	tuple->netns = socket_netns(sk);
}

/*
 * Payload bytes, each counted once. bytes_received counts the FIN as one byte, bytes_sent counts
 * retransmissions.
 */
static __always_inline __u64 socket_bytes_received(const struct sock *sk)
{
	__u64 bytes = BPF_CORE_READ((struct tcp_sock *)sk, bytes_received);

	return BPF_CORE_READ(sk, __sk_common.skc_flags) & (1 << SOCK_DONE) && bytes ? bytes - 1 : bytes;
}

static __always_inline __u64 socket_bytes_sent(const struct sock *sk)
{
	const struct tcp_sock *tcp = (void *)sk;

	return BPF_CORE_READ(tcp, bytes_sent) - BPF_CORE_READ(tcp, bytes_retrans);
}

/* Smoothed round trip time in microseconds; 0 when there is no sample yet. */
static __always_inline __u32 socket_rtt_us(const struct sock *sk)
{
	return BPF_CORE_READ((struct tcp_sock *)sk, srtt_us) >> 3;
}

/* What the peer takes without another acknowledgement, in bytes. */
static __always_inline __u32 socket_peer_window(const struct sock *sk)
{
	return BPF_CORE_READ((struct tcp_sock *)sk, snd_wnd);
}

#endif
