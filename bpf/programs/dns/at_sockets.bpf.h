/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * Single messages seen where the kernel's sockets have moved them: sock_send_length and sock_recv_length (Linux 6.3).
 * They run for calls on sockets alone, so that nothing is put before the other system calls of every process. Of calls
 * that move several messages they do not tell which one it is: dns.bpf.c sees those. Included by dns.bpf.c.
 */
#ifndef GUMSHOE_DNS_AT_SOCKETS_BPF_H
#define GUMSHOE_DNS_AT_SOCKETS_BPF_H

/* As may_be_dns(), by plain loads: the kernel hands the socket over. */
static __always_inline bool may_carry_dns(const struct sock *sk)
{
	return may_speak_dns(sk->sk_protocol, sk->__sk_common.skc_dport, sk->__sk_common.skc_num) &&
	       is_ip(sk->__sk_common.skc_family);
}

/* moved: bytes. Calls that move one message. */
static __always_inline int on_moved(const struct sock *sk, __u32 moved, bool is_write)
{
	struct dns_transfer transfer = { .is_write = is_write, .length = moved };
	struct task_struct *task = bpf_get_current_task_btf();
	struct syscall_arguments arguments;

	/* The verifier lets no one calculate with the pointer itself. */
	bpf_probe_read_kernel(&transfer.sk, sizeof(transfer.sk), &sk);
	syscall_arguments_at_exit(task, &arguments);
	transfer.buffer = arguments.second;
	switch (syscall_number(task)) {
	case SYSCALL_SENDTO:
		transfer.port = port_of(arguments.fifth);
		break;
	case SYSCALL_WRITE:
	case SYSCALL_READ:
	case SYSCALL_RECVFROM:
		break;
	case SYSCALL_SENDMSG:
		from_header(&transfer, arguments.second);
		break;
	case SYSCALL_RECVMSG:
		from_header(&transfer, arguments.second);
		transfer.port = 0;
		transfer.length = moved;
		break;
	default:
		return 0;
	}
	return take_message(&transfer);
}

SEC("tp_btf/sock_send_length")
int BPF_PROG(dns_send, const struct sock *sk, int moved)
{
	if (moved < DNS_HEADER || !may_carry_dns(sk) || !target_has_current())
		return 0;
	return on_moved(sk, moved, true);
}

SEC("tp_btf/sock_recv_length")
int BPF_PROG(dns_receive, const struct sock *sk, int moved, int flags)
{
	if (moved < DNS_HEADER || flags & MSG_PEEK || !may_carry_dns(sk) || !target_has_current())
		return 0;
	return on_moved(sk, moved, false);
}

#endif
