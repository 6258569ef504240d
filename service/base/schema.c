/* Looking into the generated tables. */
#include "schema.h"

#include <string.h>

const struct schema *schema_property(const struct schema *schema, const char *name)
{
	size_t low = 0, high = schema ? schema->property_count : 0;
	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = strcmp(name, schema->properties[middle].name);
		if (!order)
			return schema->properties[middle].schema;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}
