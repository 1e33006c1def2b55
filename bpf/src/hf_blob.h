/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* Reading the blob. */
#ifndef HF_BLOB_H
#define HF_BLOB_H

#include "hf_maps.h"

#define HF_NONE 0xffffffff		/* as a rank word: no line */
#define HF_VALUE 0x80000000		/* in roots and nodes: not a node any more */
#define HF_GOLDEN 0x9e3779b97f4a7c15ULL
#define HF_SALT 0xc2b2ae3d27d4eb4fULL

/*
 * Any offset is safe: it is masked into the blob, and HF_OVERRUN bytes follow it. What a loop carries must therefore
 * be an offset (unknown to the verifier), not a pointer or a counter it would try to follow. `mask` is a variable in
 * scope, hf_blob_mask read once; the two are no struct because clang then keeps them in memory.
 */
#define HF_AT(blob, type, offset) ((const type *)((blob) + ((offset) & mask)))
#define HF_U32(blob, offset) (*HF_AT(blob, __u32, offset))
#define HF_U64(blob, offset) (*HF_AT(blob, __u64, offset))

/*
 * Keys of arrays are 64 bits wide on the stack here and in what follows: the kernel reads the lower half, and no
 * register is spilled into the upper, where the verifier would forget what it held.
 */
static __always_inline const __u8 *hf_fetch(void)
{
	__u64 zero = 0;
	void *inner = bpf_map_lookup_elem(&hf_gen, &zero);

	return inner ? bpf_map_lookup_elem(inner, &zero) : 0;
}

static __always_inline __u32 hf_count4(const struct hf_node4 *node, __u64 key)
{
	__u64 count = 0;

#pragma unroll
	for (int i = 0; i < 7; i++)
		count += (node->less[i] + key) >> 32;
	return count;
}

/* The carry of a 64-bit addition: key >= bound, where less = 2^64 - bound. */
static __always_inline __u64 hf_carry(__u64 less, __u64 key)
{
	return ((less & key) | ((less | key) & ~(less + key))) >> 63;
}

static __always_inline __u32 hf_count6(const struct hf_node6 *node, __u64 key)
{
	__u64 count = 0;

#pragma unroll
	for (int i = 0; i < 7; i++)
		count += hf_carry(node->less[i], key);
	return count;
}

/* Field by field: lo <= x <= hi. Each guard bit survives its subtraction when its field does not borrow. */
static __always_inline int hf_in_box(__u64 x, __u64 lo, __u64 hi)
{
	const __u64 guards = 1ULL << 17 | 1ULL << 35 | 1ULL << 44;

	return (((x | guards) - lo) & ((hi | guards) - x) & guards) == guards;
}

/* Index of the lowest set bit: BPF has no instruction for it. */
static const __u8 hf_debruijn[64] = {
	0,  1,	2,  53, 3,  7,	54, 27, 4,  38, 41, 8,	34, 55, 48, 28, 62, 5,	39, 46, 44, 42,
	22, 9,	24, 35, 59, 56, 49, 18, 29, 11, 63, 52, 6,  26, 37, 40, 33, 47, 61, 45, 43, 21,
	23, 58, 17, 10, 51, 25, 36, 32, 60, 20, 57, 16, 50, 31, 19, 15, 30, 14, 13, 12,
};

static __always_inline __u32 hf_lowest(__u64 bits)
{
	return hf_debruijn[((bits & -bits) * 0x022fdd63cc95386dULL) >> 58];
}

#endif
