/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * Bytes to a packet, step by step as packages/policy/README.md says it. Every read is checked twice: against the end
 * of the packet (what lies behind is not its own) and against the end of what is in memory (HF_SHORT).
 */
#ifndef HF_PARSE_H
#define HF_PARSE_H

#include "hf_lookup.h"

enum hf_parsed {
	HF_IP,
	HF_OTHER,
	HF_UNPARSABLE,
	HF_SHORT,			/* the packet has it, but not in linear memory */
};

struct hf_packet {
	__u64 x;			/* L4 word */
	union {
		struct {
			__u32 src;
			__u32 dst;
		};
		__u64 ip[4];		/* IPv6: source, destination, network order */
	};
	__u32 bytes;
	__u16 sport;			/* 0 without ports */
	__u16 dport;
	__u8 family;			/* 4, 6; 0: unparsable */
	__u8 protocol;
	__u8 is_fragment;
	__u8 tcp_flags;
	/*
	 * Of the parser. What is kept here and not in a register the verifier does not follow, so the ways through
	 * extension headers do not multiply.
	 */
	__u32 offset;
	__u8 is_later;			/* fragment */
	__u8 zero[3];
};

/* Beyond the end of the longest chain of extension headers: 14 + 8 + 40 + 8 * 2056. */
#define HF_MAX_OFFSET 0x7fff
/* Beyond the longest link layer: 14 + 8. */
#define HF_MAX_START 0x1f


struct hf_ip4 {
	__u8 version_words;
	__u8 tos;
	__u16 length;
	__u16 id;
	__u16 fragment;
	__u8 ttl;
	__u8 protocol;
	__u16 checksum;
	__u32 src;
	__u32 dst;
};

struct hf_ip6 {
	__u32 version_flow;
	__u16 payload;
	__u8 next;
	__u8 hops;
	__u32 ip[8];
};

struct hf_ports {
	__u16 sport;
	__u16 dport;
};

struct hf_frame {
	void *data;
	void *end;			/* of linear memory */
	__u32 length;			/* of the packet, link layer included */
};

/* The pointer to `bytes` at `offset`, for a verifier that has to see the comparison; `missing` jumps. */
#define HF_READ(pointer, frame, offset, bytes)                                                     \
	do {                                                                                       \
		pointer = (frame)->data + (offset);                                                \
		barrier_var(pointer); /* or the compiler adds up a second, unchecked one */        \
		if ((void *)pointer + (bytes) > (frame)->end)                                      \
			return HF_SHORT;                                                           \
	} while (0)

/* Ports, flags, identifiers: `offset` is behind the headers, `stop` behind the packet. */
static __always_inline enum hf_parsed hf_transport(const struct hf_frame *frame, __u32 offset,
						   __u32 stop, int is_later,
						   struct hf_packet *packet)
{
	__u32 protocol = packet->protocol;
	__u64 ports = HF_NO_PORTS * (1ULL << HF_BOX_SPORT | 1ULL << HF_BOX_DPORT);

	packet->sport = 0;
	packet->dport = 0;
	packet->tcp_flags = 0;
	packet->is_later = is_later != 0;
	if (!is_later && (protocol == HF_TCP || protocol == HF_UDP)) {
		const struct hf_ports *read;

		if (stop - offset < (protocol == HF_TCP ? 20 : 8))
			return HF_UNPARSABLE;
		if (protocol == HF_TCP) {
			const __u8 *flags;

			HF_READ(flags, frame, offset, 20);
			packet->tcp_flags = flags[13];
		}
		HF_READ(read, frame, offset, 8);
		packet->sport = bpf_ntohs(read->sport);
		packet->dport = bpf_ntohs(read->dport);
		ports = (__u64)packet->sport << HF_BOX_SPORT | (__u64)packet->dport << HF_BOX_DPORT;
	}
	packet->x = ports | (__u64)protocol << HF_BOX_PROTO;
	return HF_IP;
}

static __always_inline enum hf_parsed hf_parse4(const struct hf_frame *frame, __u32 start,
						struct hf_packet *packet)
{
	const struct hf_ip4 *ip;
	__u32 words, length, fragment;

	if (frame->length < start + sizeof(*ip))
		return HF_UNPARSABLE;
	HF_READ(ip, frame, start, sizeof(*ip));
	words = ip->version_words & 15;
	length = bpf_ntohs(ip->length);
	if (ip->version_words >> 4 != 4 || words < 5 || length < words * 4 ||
	    length > frame->length - start)
		return HF_UNPARSABLE;
	fragment = bpf_ntohs(ip->fragment);
	packet->family = 4;
	packet->src = bpf_ntohl(ip->src);
	packet->dst = bpf_ntohl(ip->dst);
	packet->protocol = ip->protocol;
	packet->bytes = length;
	packet->is_fragment = (fragment & 0x3fff) != 0;
	return hf_transport(frame, start + words * 4, start + length, fragment & 0x1fff, packet);
}

/* Hop-by-hop, routing, fragment, AH, destination options. */
static __always_inline int hf_is_extension(__u32 header)
{
	return header == 0 || header == 43 || header == 44 || header == 51 || header == 60;
}

static __always_inline enum hf_parsed hf_parse6(const struct hf_frame *frame, __u32 start,
						struct hf_packet *packet)
{
	const struct hf_ip6 *ip;
	__u32 stop, offset = start + sizeof(*ip), is_later = 0;

	if (frame->length < start + sizeof(*ip))
		return HF_UNPARSABLE;
	HF_READ(ip, frame, start, sizeof(*ip));
	if ((*(const __u8 *)ip) >> 4 != 6)
		return HF_UNPARSABLE;
	packet->bytes = sizeof(*ip) + bpf_ntohs(ip->payload);
	if (packet->bytes > frame->length - start)
		return HF_UNPARSABLE;
	packet->family = 6;
	packet->is_fragment = 0;
	/* Words of 4: the address is not aligned to more. */
#pragma unroll
	for (int i = 0; i < 4; i++)
		packet->ip[i] = ip->ip[2 * i] | (__u64)ip->ip[2 * i + 1] << 32;
	stop = start + packet->bytes;
	packet->offset = offset;
	packet->protocol = ip->next;
	for (int walked = 0; walked < HF_MAX_EXT_HEADERS; walked++) {
		const __u8 *read;
		__u32 header = packet->protocol;

		if (!hf_is_extension(header))
			break;
		offset = packet->offset & HF_MAX_OFFSET;
		if (offset + 8 > stop)
			return HF_UNPARSABLE;
		HF_READ(read, frame, offset, 8);
		packet->protocol = read[0];
		if (header == 44) {
			__u32 field = read[2] << 8 | read[3];

			if (field & 0xfff9)
				packet->is_fragment = 1;
			offset += 8;
			if (field >> 3) {
				is_later = 1;
				break;
			}
		} else {
			__u32 length = read[1];

			offset += header == 51 ? (length + 2) * 4 : (length + 1) * 8;
			if (offset > stop)
				return HF_UNPARSABLE;
		}
		packet->offset = offset;
	}
	if (hf_is_extension(packet->protocol))
		return HF_UNPARSABLE;
	return hf_transport(frame, packet->offset & HF_MAX_OFFSET, stop, is_later, packet);
}

/* `type` is what the kernel says of a packet without link layer, network order; 0: nobody says. */
static __always_inline enum hf_parsed hf_parse(const struct hf_frame *frame, __u16 type,
					       struct hf_packet *packet)
{
	__u32 start = hf_l2len;

	packet->family = 0;
	packet->bytes = 0;
	if (start) {
		const __u16 *read;

		start = 14;
		if (frame->length < 14)
			return HF_UNPARSABLE;
		HF_READ(read, frame, 12, 2);
		type = *read;
#pragma unroll
		for (int tags = 0; tags < 2; tags++) {
			if (type != bpf_htons(0x8100) && type != bpf_htons(0x88a8))
				break;
			if (frame->length < start + 4)
				return HF_UNPARSABLE;
			HF_READ(read, frame, start + 2, 2);
			type = *read;
			start += 4;
		}
		if (type == bpf_htons(0x8100) || type == bpf_htons(0x88a8))
			return HF_UNPARSABLE;
	} else if (!type) {
		const __u8 *read;

		if (frame->length < 1)
			return HF_UNPARSABLE;
		HF_READ(read, frame, 0, 1);
		if (*read >> 4 == 4)
			type = bpf_htons(0x0800);
		else if (*read >> 4 == 6)
			type = bpf_htons(0x86dd);
		else
			return HF_UNPARSABLE;
	}
	packet->offset = start;
	if (type == bpf_htons(0x0800))
		return hf_parse4(frame, packet->offset & HF_MAX_START, packet);
	if (type == bpf_htons(0x86dd))
		return hf_parse6(frame, packet->offset & HF_MAX_START, packet);
	return HF_OTHER;
}

#endif
