// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Something small to load in tests of the loader. It is committed built, since a user's machine has no compiler:
 *
 *	clang -O2 -g -target bpf -I/usr/include/x86_64-linux-gnu -c probe.bpf.c -o probe.bpf.o && llvm-strip -g probe.bpf.o
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

/* Set before loading. */
const volatile __u32 pt_blob_mask = 63;
const volatile __s32 pt_pass = -1;
const volatile __u8 pt_is_strict = 0;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, struct {
		__uint(type, BPF_MAP_TYPE_ARRAY);
		__uint(max_entries, 1);
		__type(key, __u32);
		__uint(value_size, 64);
	});
} pt_outer SEC(".maps");

struct pt_count {
	__u64 packets;
	__u32 bytes;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, struct pt_count);
} pt_counters SEC(".maps");

struct pt_flow {
	__u32 protocol;
	__u16 length;
	__u16 zero;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct pt_flow);
	__type(value, __u64);
} pt_flows SEC(".maps");

static __always_inline int drops(__u32 length)
{
	__u32 zero = 0;
	struct pt_count *count = bpf_map_lookup_elem(&pt_counters, &zero);
	void *inner = bpf_map_lookup_elem(&pt_outer, &zero);
	void *blob;

	if (count) {
		count->packets++;
		count->bytes += length;
	}
	if (!inner)
		return pt_is_strict;
	blob = bpf_map_lookup_elem(inner, &zero);
	if (!blob)
		return 1;
	return *(__u32 *)(blob + (pt_blob_mask & 60)) != 0;
}

SEC("tc")
int pt_classify(struct __sk_buff *skb)
{
	struct pt_flow flow = { .protocol = skb->protocol, .length = skb->len };
	__u64 one = 1;

	bpf_map_update_elem(&pt_flows, &flow, &one, BPF_ANY);
	return drops(skb->len) ? TC_ACT_SHOT : pt_pass;
}

/* The same in place of the other, to tell which of the two runs. */
SEC("tc")
int pt_drop(struct __sk_buff *skb)
{
	return TC_ACT_SHOT;
}

SEC("xdp")
int pt_xdp(struct xdp_md *ctx)
{
	return drops((__u32)(ctx->data_end - ctx->data)) ? XDP_DROP : XDP_PASS;
}

/* The verifier must refuse it: it reads past the packet. */
SEC("tc")
int pt_wrong(struct __sk_buff *skb)
{
	return *(__u8 *)(long)skb->data;
}

char _license[] SEC("license") = "Dual BSD/GPL";
