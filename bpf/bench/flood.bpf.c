/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * UDP datagrams of as many flows as wanted: bench/flood.ts runs this with live frames on one end of a veth pair, so
 * each arrives at the other end as it would from a wire, XDP included.
 */
#include "../src/hf_parse.h"

enum {
	HF_IP_ID = 14 + 4,
	HF_SOURCE = 14 + 12 + 2,	/* its lower half */
	HF_SPORT = 14 + 20,
	HF_DATAGRAM_END = 14 + 20 + 8,
};

enum { XDP_TX = 3 };

/* Flows of one source address. */
enum { HF_PORTS_SHIFT = 12, HF_PORTS = 1 << HF_PORTS_SHIFT };

const volatile __u32 hf_flows = 1;

/* Number of the packet that is next. */
static volatile __u32 hf_cursor;

SEC("xdp")
int hf_b_flood(struct xdp_md *xdp)
{
	void *data = (void *)(unsigned long)xdp->data;
	void *end = (void *)(unsigned long)xdp->data_end;
	__u32 number = hf_cursor;
	__u32 flow = number % hf_flows;
	__u16 low = bpf_htons(flow >> HF_PORTS_SHIFT);

	if (data + HF_DATAGRAM_END > end)
		return XDP_DROP;
	hf_cursor = number + 1;
	*(__u16 *)(data + HF_SOURCE) = low;
	/* Both words add up to the same, so the checksum of the header stays right. */
	*(__u16 *)(data + HF_IP_ID) = ~low;
	*(__u16 *)(data + HF_SPORT) = bpf_htons(0x8000 | (flow & (HF_PORTS - 1)));
	return XDP_TX;
}

char hf_license[] SEC("license") = "GPL";
