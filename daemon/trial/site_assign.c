#include "trial/site_assign.h"

#include "base/macro.h"
#include "trial/keysort.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Groups with more on a side are not solved exactly: the time grows with the third power. */
#define MAX_EXACT 48

/* Lefts and rights as one graph; a right's node is left_count + right. */
struct graph {
    struct site_edge *edges;
    size_t edge_count;
    size_t left_count, right_count;
    size_t *parent; /* of a node in its group's tree */
    size_t *result; /* right of left */
};

/* One group: its nodes, and the gains between them. */
struct group {
    size_t left[MAX_EXACT], right[MAX_EXACT];
    size_t left_count, right_count;
    int gain[MAX_EXACT][MAX_EXACT]; /* 0: no pair */
};

static size_t find_root(const struct graph *graph, size_t node)
{
    while (graph->parent[node] != node) {
        graph->parent[node] = graph->parent[graph->parent[node]];
        node = graph->parent[node];
    }
    return node;
}

static void join_nodes(struct graph *graph)
{
    for (size_t node = 0; node < graph->left_count + graph->right_count; node++)
        graph->parent[node] = node;
    for (size_t k = 0; k < graph->edge_count; k++) {
        size_t a = find_root(graph, graph->edges[k].left);
        size_t b = find_root(graph, graph->left_count + graph->edges[k].right);
        /* the smaller node leads, so that the order of groups is that of their nodes */
        if (a < b)
            graph->parent[b] = a;
        else
            graph->parent[a] = b;
    }
}

/* The greatest gain first; equal ones in the order of their sites. */
static int compare_by_gain(const void *a, const void *b)
{
    const struct site_edge *x = a, *y = b;

    if (x->gain != y->gain)
        return x->gain < y->gain ? 1 : -1;
    if (x->left != y->left)
        return x->left < y->left ? -1 : 1;
    return (x->right > y->right) - (x->right < y->right);
}

/* The position of the value in the list, appended when it is new; MAX_EXACT when the list is full. */
static size_t place_of(size_t *list, size_t *count, size_t value)
{
    for (size_t i = 0; i < *count; i++)
        if (list[i] == value)
            return i;
    if (*count == MAX_EXACT)
        return MAX_EXACT;
    list[*count] = value;
    return (*count)++;
}

/* Whether the group is small enough to be filled in. */
static bool fill_group(struct group *group, const struct site_edge *edges, size_t count)
{
    group->left_count = group->right_count = 0;
    memset(group->gain, 0, sizeof(group->gain));
    for (size_t k = 0; k < count; k++) {
        size_t i = place_of(group->left, &group->left_count, edges[k].left);
        size_t j = place_of(group->right, &group->right_count, edges[k].right);
        if (i == MAX_EXACT || j == MAX_EXACT)
            return false;
        group->gain[i][j] = edges[k].gain;
    }
    return true;
}

/* One round of the Hungarian method: finds the cheapest way to give row a column, moving others where that pays. Arrays
 * count from 1; row_of[0] is the row to place. The names are those of the textbook: potentials u and v. */
static void place_row(const struct group *group, size_t n, long *u, long *v, size_t *row_of)
{
    size_t way[MAX_EXACT + 1] = {0};
    long least[MAX_EXACT + 1];
    bool used[MAX_EXACT + 1] = {false};
    size_t column = 0;

    for (size_t j = 0; j <= n; j++)
        least[j] = LONG_MAX;
    do {
        size_t row = row_of[column], next = 0;
        long delta = LONG_MAX;
        used[column] = true;
        for (size_t j = 1; j <= n; j++) {
            if (used[j])
                continue;
            long cost = -(long)group->gain[row - 1][j - 1] - u[row] - v[j];
            if (cost < least[j]) {
                least[j] = cost;
                way[j] = column;
            }
            if (least[j] < delta) {
                delta = least[j];
                next = j;
            }
        }
        for (size_t j = 0; j <= n; j++) {
            if (used[j]) {
                u[row_of[j]] += delta;
                v[j] -= delta;
            } else {
                least[j] -= delta;
            }
        }
        column = next;
    } while (row_of[column] != 0);
    for (; column != 0; column = way[column])
        row_of[column] = row_of[way[column]];
}

/* Solves a filled group exactly, as a square of which the missing part gains nothing. */
static void solve_group(const struct group *group, size_t *result)
{
    size_t n = size_max(group->left_count, group->right_count);
    long u[MAX_EXACT + 1] = {0}, v[MAX_EXACT + 1] = {0};
    size_t row_of[MAX_EXACT + 1] = {0};

    for (size_t row = 1; row <= n; row++) {
        row_of[0] = row;
        place_row(group, n, u, v, row_of);
    }
    for (size_t j = 1; j <= n; j++)
        if (group->gain[row_of[j] - 1][j - 1] > 0)
            result[group->left[row_of[j] - 1]] = group->right[j - 1];
}

/* Takes the greatest gain first. */
static void take_greatest(struct graph *graph, struct site_edge *edges, size_t count, bool *taken)
{
    qsort(edges, count, sizeof(*edges), compare_by_gain);
    for (size_t k = 0; k < count; k++) {
        if (graph->result[edges[k].left] != SITE_UNASSIGNED || taken[edges[k].right])
            continue;
        graph->result[edges[k].left] = edges[k].right;
        taken[edges[k].right] = true;
    }
}

/* Puts the edges of each group together. */
static int sort_by_group(struct graph *graph)
{
    _cleanup_free_ struct keyed *order = malloc((graph->edge_count + 1) * sizeof(*order));
    _cleanup_free_ struct site_edge *edges = malloc((graph->edge_count + 1) * sizeof(*edges));

    if (!order || !edges)
        return -ENOMEM;
    for (size_t k = 0; k < graph->edge_count; k++)
        order[k] = (struct keyed){find_root(graph, graph->edges[k].left), k};
    if (keyed_sort(order, graph->edge_count) < 0)
        return -ENOMEM;
    memcpy(edges, graph->edges, graph->edge_count * sizeof(*edges));
    for (size_t k = 0; k < graph->edge_count; k++)
        graph->edges[k] = edges[order[k].place];
    return 0;
}

static int solve(struct graph *graph)
{
    _cleanup_free_ struct group *group = malloc(sizeof(*group));
    _cleanup_free_ bool *taken = calloc(graph->right_count + 1, sizeof(*taken));
    size_t end;

    if (!group || !taken || sort_by_group(graph) < 0)
        return -ENOMEM;
    for (size_t start = 0; start < graph->edge_count; start = end) {
        struct site_edge *edges = &graph->edges[start];
        size_t root = find_root(graph, edges[0].left);
        for (end = start + 1; end < graph->edge_count && find_root(graph, graph->edges[end].left) == root; end++)
            ;
        if (end - start == 1)
            graph->result[edges[0].left] = edges[0].right;
        else if (fill_group(group, edges, end - start))
            solve_group(group, graph->result);
        else
            take_greatest(graph, edges, end - start, taken);
    }
    return 0;
}

int site_assign(struct site_edge *edges, size_t edge_count, size_t left_count, size_t right_count, size_t *ret)
{
    _cleanup_free_ size_t *parent = calloc(left_count + right_count + 1, sizeof(*parent));
    struct graph graph = {.edges = edges,
                          .edge_count = edge_count,
                          .left_count = left_count,
                          .right_count = right_count,
                          .parent = parent,
                          .result = ret};

    if (!parent)
        return -ENOMEM;
    for (size_t i = 0; i < left_count; i++)
        ret[i] = SITE_UNASSIGNED;
    join_nodes(&graph);
    return solve(&graph);
}
