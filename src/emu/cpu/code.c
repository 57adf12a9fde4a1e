/* SPDX-License-Identifier: MIT
 *
 * The cache of decoded code: builds blocks, finds them by address, and kills
 * them when the memory under them or its mapping changes.
 *
 * A block is found by virtual address and killed through two indexes, the
 * 256-byte line of physical memory and the virtual page it was taken from.
 * Killed blocks keep their place in the arena until it is full and is emptied
 * as a whole, which happens only while no block is running.
 */
#include "exec.h"

#include <stdlib.h>
#include <string.h>

#define ARENA_SIZE (24u << 20)
#define ARENA_UNIT sizeof(espy_op)
#define ARENA_ALIGN 64 /* no op lies in two lines of the host's cache */
#define LINE_HASH_BITS 14
#define LOOP_ENDS 32768u /* more than any firmware has loops */

/* An entry of an index: this block has code in that line or page. */
typedef struct espy_code_node {
    const uint8_t *line;
    espy_block *block;
    struct espy_code_node *next;
} node;

static const espy_block no_block = {.cost = 1, .need = ESPY_BLOCK_DEAD};

/* Never written to: nobody enters a dead block. */
espy_block *const espy_no_block = (espy_block *)&no_block;

/* ---- the whole ---- */

static void flush(espy_code *code)
{
    for (size_t i = 0; i < 1u << ESPY_JUMP_BITS; i++)
        code->jumps[i] = espy_no_block;
    memset(code->blocks, 0, sizeof code->blocks);
    memset(code->lines, 0, sizeof *code->lines << LINE_HASH_BITS);
    memset(code->pages, 0, sizeof *code->pages * ESPY_PAGE_COUNT);
    code->used = 0;
    code->flushes++;
}

static void code_changed(void *user, espy_mem *mem, size_t offset, size_t size);
static void map_changed(void *user, uint32_t addr, uint32_t size);

espy_status espy_code_new(espy_code **out, espy_bus *bus, espy_err *err)
{
    espy_code *code = calloc(1, sizeof *code);
    *out = code;
    if (code == NULL)
        return espy_fail(err, ESPY_E_MEMORY, "no memory for the virtual core's code cache");
    code->bus = bus;
    code->size = ARENA_SIZE;
    code->arena = aligned_alloc(ARENA_ALIGN, code->size);
    code->lines = calloc((size_t)1 << LINE_HASH_BITS, sizeof *code->lines);
    code->pages = calloc(ESPY_PAGE_COUNT, sizeof *code->pages);
    code->loop_ends = calloc(LOOP_ENDS, sizeof *code->loop_ends);
    if (code->arena == NULL || code->lines == NULL || code->pages == NULL || code->loop_ends == NULL) {
        espy_code_free(code);
        *out = NULL;
        return espy_fail(err, ESPY_E_MEMORY, "no memory for the virtual core's code cache");
    }
    for (size_t i = 0; i < 1u << ESPY_JUMP_BITS; i++)
        code->jumps[i] = espy_no_block;
    bus->code_changed = code_changed;
    bus->map_changed = map_changed;
    bus->code_user = code;
    return ESPY_OK;
}

void espy_code_free(espy_code *code)
{
    if (code == NULL)
        return;
    if (code->bus->code_user == code) {
        code->bus->code_changed = NULL;
        code->bus->map_changed = NULL;
    }
    free(code->arena);
    free(code->lines);
    free(code->pages);
    free(code->loop_ends);
    free(code);
}

static void *take(espy_code *code, size_t size)
{
    void *at = code->arena + code->used;
    code->used += (size + ARENA_UNIT - 1) / ARENA_UNIT * ARENA_UNIT;
    return at;
}

/* ---- indexes ---- */

static node **line_head(espy_code *code, const uint8_t *line)
{
    uintptr_t n = (uintptr_t)line >> ESPY_LINE_BITS;
    return &code->lines[(n ^ n >> LINE_HASH_BITS) & ((1u << LINE_HASH_BITS) - 1)];
}

static void enlist(espy_code *code, node **head, const uint8_t *line, espy_block *block)
{
    node *n = take(code, sizeof *n);
    *n = (node){.line = line, .block = block, .next = *head};
    *head = n;
}

/* Indexes the bytes [pc, end) of a block; they lie in one page. */
static void index_range(espy_code *code, espy_block *block, uint32_t pc, uint32_t end)
{
    const espy_bus_page *page = &code->bus->page[pc >> ESPY_PAGE_BITS];
    const uint8_t *host = page->mem->bytes + page->offset;
    espy_bus_mark_code(code->bus, pc, end - pc);
    uint32_t in_page = pc & (ESPY_PAGE_SIZE - 1);
    for (uint32_t at = in_page & ~0xffu; at < in_page + (end - pc); at += 1u << ESPY_LINE_BITS)
        enlist(code, line_head(code, host + at), host + at, block);
    enlist(code, &code->pages[pc >> ESPY_PAGE_BITS], NULL, block);
}

static void index_block(espy_code *code, espy_block *block, uint32_t end)
{
    uint32_t page_end = (block->pc & ~(ESPY_PAGE_SIZE - 1)) + ESPY_PAGE_SIZE;
    if (end - block->pc <= page_end - block->pc) {
        index_range(code, block, block->pc, end);
    } else {
        index_range(code, block, block->pc, page_end);
        index_range(code, block, page_end, end);
    }
}

static void kill(espy_code *code, espy_block *block)
{
    if (block->need == ESPY_BLOCK_DEAD)
        return;
    block->need = ESPY_BLOCK_DEAD;
    code->kills++;
    espy_block **at = &code->blocks[espy_jump_slot(block->pc)];
    while (*at != block)
        at = &(*at)->next;
    *at = block->next;
}

/* Kills the blocks of one list that lie in `line`, or all of them (NULL). */
static void kill_list(espy_code *code, node **head, const uint8_t *line)
{
    while (*head != NULL) {
        node *n = *head;
        if (line != NULL && n->line != line) {
            head = &n->next;
            continue;
        }
        kill(code, n->block);
        *head = n->next;
    }
}

static void code_changed(void *user, espy_mem *mem, size_t offset, size_t size)
{
    espy_code *code = user;
    for (size_t at = offset & ~(size_t)0xff; at < offset + size; at += (size_t)1 << ESPY_LINE_BITS)
        kill_list(code, line_head(code, mem->bytes + at), mem->bytes + at);
}

static void map_changed(void *user, uint32_t addr, uint32_t size)
{
    espy_code *code = user;
    for (uint32_t done = 0; done < size; done += ESPY_PAGE_SIZE)
        kill_list(code, &code->pages[(addr + done) >> ESPY_PAGE_BITS], NULL);
}

/* ---- loop ends ---- */

static uint32_t *loop_end_slot(const espy_code *code, uint32_t pc)
{
    uint32_t mask = LOOP_ENDS - 1;
    uint32_t i = (pc * 2654435761u >> 12) & mask;
    while (code->loop_ends[i] != 0 && code->loop_ends[i] != pc)
        i = (i + 1) & mask;
    return &code->loop_ends[i];
}

static bool is_loop_end(const espy_code *code, uint32_t pc)
{
    return code->loop_ends_everywhere || (pc != 0 && *loop_end_slot(code, pc) == pc);
}

/* Kills the blocks that run across pc, or up to it without asking for a loop. */
static void kill_across(espy_code *code, uint32_t pc)
{
    node *n = code->pages[(pc - 1) >> ESPY_PAGE_BITS];
    for (; n != NULL; n = n->next) {
        if (n->block->need == ESPY_BLOCK_DEAD || n->block->pc >= pc)
            continue;
        const espy_op *op = n->block->ops;
        while (!op->last)
            op++;
        if (op->pc + op->len >= pc)
            kill(code, n->block);
    }
}

void espy_code_mark_loop_end(espy_code *code, uint32_t pc)
{
    if (pc == 0 || *loop_end_slot(code, pc) == pc)
        return;
    if (code->loop_end_count < LOOP_ENDS / 4 * 3) {
        *loop_end_slot(code, pc) = pc;
        code->loop_end_count++;
    } else {
        code->loop_ends_everywhere = true;
    }
    kill_across(code, pc);
}

/* ---- building blocks ---- */

typedef struct builder {
    espy_code *code;
    espy_block *block;
    unsigned count; /* ops so far */
    unsigned cost;  /* instructions so far */
    unsigned need;  /* quadrants already checked for */
    bool side_exit; /* control may have left before this op */
    uint32_t pc;
} builder;

/* Whether control always leaves: elsewhere, with another window, or into the
 * body of a loop, which begins a block of its own. */
static bool ends_block(const espy_insn *in)
{
    switch (in->op) {
    case ESPY_OP_ENTRY:
    case ESPY_OP_LOOP:
    case ESPY_OP_LOOPNEZ:
    case ESPY_OP_LOOPGTZ:
    case ESPY_OP_J:
    case ESPY_OP_JX:
    case ESPY_OP_RET:
    case ESPY_OP_RETW:
    case ESPY_OP_RET_N:
    case ESPY_OP_RETW_N:
    case ESPY_OP_CALL0:
    case ESPY_OP_CALL4:
    case ESPY_OP_CALL8:
    case ESPY_OP_CALL12:
    case ESPY_OP_CALLX0:
    case ESPY_OP_CALLX4:
    case ESPY_OP_CALLX8:
    case ESPY_OP_CALLX12:
    case ESPY_OP_RFE:
    case ESPY_OP_RFDE:
    case ESPY_OP_RFI:
    case ESPY_OP_RFWO:
    case ESPY_OP_RFWU:
    case ESPY_OP_SYSCALL:
    case ESPY_OP_SIMCALL:
    case ESPY_OP_ILLEGAL:
    case ESPY_OP_EE: return true;
    default: return false;
    }
}

/* Whether the block must end after this instruction although control goes
 * straight on, because something changes that is checked where blocks begin. */
static bool cuts_block(const espy_insn *in)
{
    switch (in->op) {
    case ESPY_OP_ROTW:
    case ESPY_OP_WAITI:
    case ESPY_OP_ISYNC: return true;
    case ESPY_OP_WSR:
    case ESPY_OP_XSR: return espy_sreg_ends_block((unsigned)in->imm);
    default: return false;
    }
}

static bool is_branch(const espy_insn *in)
{
    return (in->op >= ESPY_OP_BNONE && in->op <= ESPY_OP_BBSI) || (in->op >= ESPY_OP_J && in->op <= ESPY_OP_BGEUI) ||
           in->op == ESPY_OP_BEQZ_N || in->op == ESPY_OP_BNEZ_N;
}

static unsigned max2(unsigned x, unsigned y)
{
    return x > y ? x : y;
}

/* The highest quadrant of the window that the instruction refers to. */
static unsigned quadrant(const espy_insn *in)
{
    unsigned need = 0;
    for (unsigned i = 0; i < 4; i++) {
        unsigned kind = espy_opcode_info((espy_opcode)in->op)->operand[i];
        need = max2(need, kind == ESPY_ARG_AR_R   ? in->r >> 2
                          : kind == ESPY_ARG_AR_S ? in->s >> 2
                          : kind == ESPY_ARG_AR_T ? in->t >> 2
                                                  : 0u);
    }
    if (in->op >= ESPY_OP_CALL0 && in->op <= ESPY_OP_CALL12)
        return in->op - ESPY_OP_CALL0;
    if (in->op >= ESPY_OP_CALLX0 && in->op <= ESPY_OP_CALLX12)
        return max2(need, in->op - ESPY_OP_CALLX0);
    return need;
}

/* The number that goes into op->imm. */
static uint32_t immediate(const espy_insn *in)
{
    const espy_opinfo *about = espy_opcode_info((espy_opcode)in->op);
    for (unsigned i = 0; i < 4; i++)
        if (about->operand[i] >= ESPY_ARG_LITERAL)
            return in->target;
    if (in->op >= ESPY_OP_UMUL_AA_LL && in->op <= ESPY_OP_LDDEC)
        return in->op;
    return (uint32_t)in->imm;
}

/* Handlers find small operands in register fields where imm is taken, and 16-bit
 * instructions become their 24-bit siblings. */
static void arrange(espy_op *op, const espy_insn *in)
{
    switch (in->op) {
    case ESPY_OP_ADD_N: break;
    case ESPY_OP_MOVI_N: op->t = in->s; break;
    case ESPY_OP_ADDI_N: op->t = in->r; break;
    case ESPY_OP_MOV_N: op->r = in->t; break;
    case ESPY_OP_BBCI:
    case ESPY_OP_BBSI: op->t = (uint8_t)in->imm; break;
    case ESPY_OP_EXTUI:
        op->s = (uint8_t)in->imm;
        op->imm = (1u << in->imm2) - 1;
        break;
    case ESPY_OP_RSR:
        if (espy_sreg_offset(op->imm) != 0)
            op->imm = (uint32_t)espy_sreg_offset(op->imm);
        break;
    default: break;
    }
}

static espy_op *emit(builder *b, espy_handler *run, uint32_t imm, unsigned len)
{
    espy_op *op = &b->block->ops[b->count++];
    *op = (espy_op){.run = run, .chain = espy_no_block, .pc = b->pc, .imm = imm, .len = (uint8_t)len};
    return op;
}

/* Beyond a side exit, a quadrant not yet checked for needs its own check, so
 * that a path not taken never delays the one that is. */
static void check_quadrant(builder *b, unsigned need)
{
    if (need <= b->need)
        return;
    if (b->side_exit)
        emit(b, espy_run_CHECK, 0, 0)->need = (uint8_t)need;
    else
        b->block->need = (uint8_t)need;
    b->need = need;
}

/* OR of a register with itself is how 24-bit code moves. */
static espy_handler *handler(const espy_insn *in)
{
    if (in->op == ESPY_OP_OR && in->s == in->t)
        return espy_run_MOV;
    if (in->op == ESPY_OP_RSR && in->imm == ESPY_SR_CCOUNT)
        return espy_run_RSR_CCOUNT;
    if (in->op == ESPY_OP_RSR && espy_sreg_offset((unsigned)in->imm) != 0)
        return espy_run_RSR_STORED;
    return espy_exec_handler((espy_opcode)in->op);
}

static espy_op *append(builder *b, const espy_insn *in)
{
    /* The host finds arguments in a2 to a7; if it needs more, see espy_cpu_make_room(). */
    unsigned need = in->op == ESPY_OP_SIMCALL && b->code->host ? 1 : quadrant(in);
    check_quadrant(b, need);
    espy_op *op = emit(b, handler(in), immediate(in), in->length);
    op->r = in->r;
    op->s = in->s;
    op->t = in->t;
    op->need = (uint8_t)need;
    arrange(op, in);
    b->cost++;
    b->side_exit |= is_branch(in);
    if (in->op >= ESPY_OP_LOOP && in->op <= ESPY_OP_LOOPGTZ)
        espy_code_mark_loop_end(b->code, in->target);
    b->pc += in->length;
    return op;
}

/* Reads the instruction at pc, which may cross into the next page. */
static bool fetch(const espy_code *code, uint32_t pc, espy_insn *in)
{
    uint8_t bytes[4];
    unsigned length = 1;
    for (unsigned i = 0; i < length; i++) {
        const uint8_t *host = code->bus->read_page[(pc + i) >> ESPY_PAGE_BITS];
        if (host == NULL)
            return false;
        bytes[i] = host[(pc + i) & (ESPY_PAGE_SIZE - 1)];
        if (i == 0)
            length = espy_insn_length(bytes[0]);
    }
    espy_decode(in, bytes, pc);
    return true;
}

static bool crosses_page(uint32_t pc, unsigned length)
{
    return (pc & (ESPY_PAGE_SIZE - 1)) + length > ESPY_PAGE_SIZE;
}

/* Whether the block may go on with this instruction.  It ends with its page,
 * unless its first instruction already lies in two. */
static bool fits(const builder *b, const espy_insn *in)
{
    if (b->cost == 0)
        return true;
    return b->cost < ESPY_BLOCK_MAX && !crosses_page(b->pc, in->length) && (b->pc & (ESPY_PAGE_SIZE - 1)) != 0;
}

/* Appends instructions to the block until something ends it. */
static void fill(builder *b)
{
    espy_insn in;
    while (fetch(b->code, b->pc, &in) && fits(b, &in)) {
        espy_op *op = append(b, &in);
        if (ends_block(&in)) {
            op->last = true;
            return;
        }
        if (is_loop_end(b->code, b->pc)) {
            emit(b, espy_run_LOOP_END, 0, 0);
            break;
        }
        if (cuts_block(&in))
            break;
    }
    emit(b, espy_run_FALL, b->pc, 0)->last = true;
}

/* Numbers the ops: how many instructions are left from each one on. */
static void count_left(espy_block *block, unsigned count)
{
    unsigned left = 0;
    for (unsigned i = count; i-- > 0;) {
        left += block->ops[i].len != 0;
        block->ops[i].left = (uint8_t)left;
    }
    block->cost = (uint8_t)left;
}

static espy_block *build(espy_code *code, uint32_t pc)
{
    espy_insn in;
    if (!fetch(code, pc, &in))
        return NULL;
    size_t most = sizeof(espy_block) + (ESPY_BLOCK_MAX + 8) * sizeof(espy_op) + 8 * sizeof(node);
    if (code->size - code->used < most)
        flush(code);
    espy_block *block = (espy_block *)(void *)(code->arena + code->used);
    *block = (espy_block){.pc = pc};
    builder b = {.code = code, .block = block, .pc = pc};
    fill(&b);
    count_left(block, b.count);
    take(code, sizeof *block + b.count * sizeof(espy_op));
    index_block(code, block, b.pc);
    espy_block **head = &code->blocks[espy_jump_slot(pc)];
    block->next = *head;
    *head = block;
    return block;
}

espy_block *espy_code_find(espy_code *code, uint32_t pc)
{
    espy_block *block = code->blocks[espy_jump_slot(pc)];
    while (block != NULL && block->pc != pc)
        block = block->next;
    if (block == NULL)
        block = build(code, pc);
    if (block != NULL)
        code->jumps[espy_jump_slot(pc)] = block;
    return block;
}
