/* The tree of paths. */
#include "route.h"

#include <stdlib.h>
#include <string.h>

struct node {
	const char *segment; /* points into the operation's path, segment_length long */
	size_t segment_length;
	struct node *children, *next; /* siblings */
	struct node *parameter;       /* the child for {anything} */
	struct route route;
	bool is_route;
};

static struct node *root;

static struct node *node_new(void)
{
	struct node *node = calloc(1, sizeof *node);
	if (!node)
		abort();
	return node;
}

static struct node *node_child(struct node *node, const char *segment, size_t length)
{
	if (segment[0] == '{') {
		if (!node->parameter)
			node->parameter = node_new();
		return node->parameter;
	}
	for (struct node *child = node->children; child; child = child->next)
		if (child->segment_length == length && memcmp(child->segment, segment, length) == 0)
			return child;
	struct node *child = node_new();
	child->segment = segment;
	child->segment_length = length;
	child->next = node->children;
	node->children = child;
	return child;
}

void route_start(void)
{
	root = node_new();
	for (size_t i = 0; i < operation_count; i++) {
		struct node *node = root;
		for (const char *at = operations[i].path; *at;) {
			size_t length = strcspn(++at, "/");
			if (length)
				node = node_child(node, at, length);
			at += length;
		}
		node->is_route = true;
		node->route.by_method[operations[i].method] = &operations[i];
	}
}

static void node_free(struct node *node)
{
	if (!node)
		return;
	node_free(node->children);
	node_free(node->next);
	node_free(node->parameter);
	free(node);
}

void route_stop(void)
{
	node_free(root);
	root = NULL;
}

static const struct node *descend(const struct node *node, const struct target *target, size_t depth)
{
	if (depth == target->segment_count)
		return node->is_route ? node : NULL;
	const char *segment = target->segments[depth];
	size_t length = strlen(segment);
	for (const struct node *child = node->children; child; child = child->next) {
		if (child->segment_length != length || memcmp(child->segment, segment, length) != 0)
			continue;
		const struct node *found = descend(child, target, depth + 1);
		if (found)
			return found;
	}
	return node->parameter ? descend(node->parameter, target, depth + 1) : NULL;
}

const struct route *route_find(const struct target *target)
{
	if (target->is_unroutable || target->has_slash || target->is_asterisk)
		return NULL;
	const struct node *node = descend(root, target, 0);
	return node ? &node->route : NULL;
}

void route_values(const struct operation *op, const struct target *target, const char **values)
{
	size_t segment = 0;
	for (const char *at = op->path; *at;) {
		size_t length = strcspn(++at, "/");
		for (size_t i = 0; at[0] == '{' && i < op->parameter_count; i++)
			if (op->parameters[i].place == IN_PATH &&
			    strlen(op->parameters[i].name) == length - 2 &&
			    memcmp(op->parameters[i].name, at + 1, length - 2) == 0)
				values[i] = target->segments[segment];
		segment += length > 0;
		at += length;
	}
}

const char *route_allow(struct arena *arena, const struct route *route)
{
	static const char *const names[METHOD_COUNT] = {"GET, HEAD", "POST", "PUT", "PATCH", "DELETE"};
	const char *out = "";
	for (int method = 0; method < METHOD_COUNT; method++)
		if (route->by_method[method])
			out = arena_printf(arena, "%s%s, ", out, names[method]);
	return arena_printf(arena, "%sOPTIONS", out);
}
