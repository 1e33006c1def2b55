/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* Packets to measure with, one after the other, round and round. */
#ifndef HF_TRACE_H
#define HF_TRACE_H

enum {
	HF_TRACE = 65536,		/* packets */
	HF_TRACE_STRIDE = 64,		/* bytes of each: IP header and TCP header, then zeros */
	HF_TRACE_SLACK = 0x10000,	/* behind them: what a parser may reach for, by what the verifier knows */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, 4);
	__uint(value_size, HF_TRACE * HF_TRACE_STRIDE + HF_TRACE_SLACK);
} hf_trace SEC(".maps");

/* Number of the packet that is next; user space sets it. */
static volatile __u32 hf_cursor;

static __always_inline int hf_next(struct hf_frame *frame)
{
	__u64 zero = 0;
	void *packets = bpf_map_lookup_elem(&hf_trace, &zero);
	__u32 number = hf_cursor;

	if (!packets)
		return 0;
	hf_cursor = number + 1;
	frame->data = packets + (number & (HF_TRACE - 1)) * HF_TRACE_STRIDE;
	frame->end = frame->data + HF_TRACE_STRIDE;
	frame->length = HF_TRACE_STRIDE;
	return 1;
}

#endif
