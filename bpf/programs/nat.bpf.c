// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
/*
 * Address translation of TCP connections: what a client dialled, and who answers. The kernel's connection tracking
 * hangs its entry on every packet; it is looked at when a packet leaves and nobody has answered it yet, which is
 * where the destination has been chosen. Later packets cost the reading of two words.
 *
 * The current process means nothing here (packets are forwarded in interrupts), so of the target filter only network
 * namespaces apply: those in which the translation happens. Addresses and ports are all that leaves the kernel.
 */
#include "kernel_types.h"
#include "events.h"

/* The kernel asks for a GPL-compatible string; the file may also be used under Apache-2.0. */
char LICENSE[] SEC("license") = "GPL";

#define NAT_CONNECTIONS_MAX 16384
/* skb->_nfct: the pointer, and three bits of state (include/linux/skbuff.h). */
#define NFCT_POINTER_MASK (~7ul)
/* include/uapi/linux/netfilter/nf_conntrack_common.h */
#define IPS_SEEN_REPLY (1ul << 1)
#define IPS_DST_NAT (1ul << 5)

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct sk_buff {
	long unsigned int _nfct;
};

union nf_inet_addr {
	__u32 all[4];
};

union nf_conntrack_man_proto {
	__be16 all;
};

struct nf_conntrack_man {
	union nf_inet_addr u3;
	union nf_conntrack_man_proto u;
	__u16 l3num;
};

struct nf_conntrack_tuple {
	struct nf_conntrack_man src;
	struct {
		union nf_inet_addr u3;
		union {
			__be16 all;
		} u;
		__u8 protonum;
	} dst;
};

struct nf_conntrack_tuple_hash {
	struct nf_conntrack_tuple tuple;
};

struct nf_conn {
	struct nf_conntrack_tuple_hash tuplehash[2];
	long unsigned int status;
	possible_net_t ct_net;
};

#pragma clang attribute pop

const volatile __u32 target_mode = GS_TARGET_ALL;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, __u8);
} target_netns SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, NAT_CONNECTIONS_MAX);
	__type(key, struct gs_nat_key);
	__type(value, struct gs_nat_value);
} nat_connections SEC(".maps");

static __always_inline void copy_address(__u8 *to, const __u32 *from, __u16 family)
{
	if (family == AF_INET) {
		to[10] = to[11] = 0xff;
		__builtin_memcpy(to + 12, from, 4);
	} else {
		__builtin_memcpy(to, from, 16);
	}
}

static __always_inline bool is_target(struct nf_conn *connection)
{
	__u32 netns;

	if (target_mode != GS_TARGET_NETNS)
		return true;
	netns = BPF_CORE_READ(connection, ct_net.net, ns.inum);
	return bpf_map_lookup_elem(&target_netns, &netns) != 0;
}

static __noinline int remember(struct nf_conn *connection)
{
	struct nf_conntrack_tuple asked, answered;
	struct gs_nat_value value = {};
	struct gs_nat_key key = {};

	BPF_CORE_READ_INTO(&asked, connection, tuplehash[0].tuple);
	BPF_CORE_READ_INTO(&answered, connection, tuplehash[1].tuple);
	if (asked.dst.protonum != IPPROTO_TCP)
		return 0;
	copy_address(key.client_address, asked.src.u3.all, asked.src.l3num);
	copy_address(key.destination_address, asked.dst.u3.all, asked.src.l3num);
	key.client_port = __builtin_bswap16(asked.src.u.all);
	key.destination_port = __builtin_bswap16(asked.dst.u.all);
	copy_address(value.address, answered.src.u3.all, asked.src.l3num);
	value.port = __builtin_bswap16(answered.src.u.all);
	value.seen_ns = bpf_ktime_get_ns();
	bpf_map_update_elem(&nat_connections, &key, &value, BPF_ANY);
	return 0;
}

SEC("tp_btf/net_dev_queue")
int BPF_PROG(nat_first_packets, struct sk_buff *packet)
{
	struct nf_conn *connection = (void *)(packet->_nfct & NFCT_POINTER_MASK);
	unsigned long status;

	if (!connection)
		return 0;
	status = BPF_CORE_READ(connection, status);
	if ((status & (IPS_DST_NAT | IPS_SEEN_REPLY)) != IPS_DST_NAT || !is_target(connection))
		return 0;
	return remember(connection);
}
