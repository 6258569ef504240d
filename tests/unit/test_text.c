/* Text, money and credit codes; vectors of GB 32100-2015, and others worked out by hand. */
#include "text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void checks_credit_codes(void **state)
{
	(void)state;
	const char *const right[] = {"91350100M000100Y43", "91610526PDY00001X4", "91610528PDY0000281",
				     "93610527PDY000052W", "12610500PDY000060Y", "51610500PDY000079T",
				     "92610502PDY000220T", "11610526PDY0002049", "91110000600037341L",
				     "91110000802100433B"};
	for (size_t i = 0; i < sizeof right / sizeof *right; i++) {
		assert_null(credit_code_check(right[i]));
		assert_true(credit_code_body_is_valid(right[i]));
	}
	assert_string_equal(credit_code_check("91350100M000100Y4Z"), "character");
	assert_string_equal(credit_code_check("91350100M000100Y44"), "check_digit");
	assert_string_equal(credit_code_check("9161052OPDY00001X4"), "character");
	assert_string_equal(credit_code_check("91610526pdy00001x4"), "character");
	assert_string_equal(credit_code_check("91610526PDY00001X"), "length");
	assert_string_equal(credit_code_check("91610526PDY00001X44"), "length");
	assert_string_equal(credit_code_check(NULL), "length");
}

static void finds_every_single_substitution(void **state)
{
	(void)state;
	static const char alphabet[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";
	const char *code = "91610526PDY00001X4";
	for (int place = 0; place < 18; place++)
		for (const char *c = alphabet; *c; c++) {
			char changed[19];
			strcpy(changed, code);
			changed[place] = *c;
			assert_true((*c == code[place]) == !credit_code_check(changed));
		}
}

static void reads_money_as_fen(void **state)
{
	(void)state;
	int64_t fen = 7;
	assert_true(money_parse("200000.00", &fen));
	assert_int_equal(fen, 20000000);
	assert_true(money_parse("-0.01", &fen));
	assert_int_equal(fen, -1);
	assert_true(money_parse("9999999999999.99", &fen));
	assert_int_equal(fen, 999999999999999);
	const char *const wrong[] = {
		"200000", "200000.0", "200000.000",        ".00", "01.00", "1e3",  "NaN", " 1.00",
		"1.00 ",  "1,000.00", "12345678901234.00", "-",   "",      "+1.00"};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		assert_false(money_parse(wrong[i], &fen));
	char text[MONEY_TEXT];
	assert_string_equal(money_format(20000000, text), "200000.00");
	assert_string_equal(money_format(-1, text), "-0.01");
	assert_string_equal(money_format(0, text), "0.00");
}

static void folds_names(void **state)
{
	(void)state;
	struct arena *arena = arena_new();
	assert_string_equal(text_name_key(arena, "渭南市 ＡＢＣ　联盟"),
			    text_name_key(arena, "渭南市abc联盟"));
	assert_string_not_equal(text_name_key(arena, "渭南市苹果联盟"),
				text_name_key(arena, "渭南市酥梨联盟"));
	arena_free(arena);
}

static void knows_utf8_and_blanks(void **state)
{
	(void)state;
	assert_true(text_is_utf8("渭南", 6));
	assert_false(text_is_utf8("\xc0\x80", 2));
	assert_false(text_is_utf8("a\0b", 3));
	assert_int_equal(text_length("渭南a"), 3);
	assert_true(text_is_blank(NULL));
	assert_true(text_is_blank(" \t\n\xe3\x80\x80"));
	assert_false(text_is_blank("　x"));
}

static void makes_ordered_uuids(void **state)
{
	(void)state;
	char first[UUID_TEXT], second[UUID_TEXT];
	uuid_make(first);
	uuid_make(second);
	assert_true(uuid_is_valid(first));
	assert_int_equal(first[14], '7');
	assert_true(strncmp(first, second, 13) <= 0);
	assert_string_not_equal(first, second);
	assert_false(uuid_is_valid("0190-"));
	assert_false(uuid_is_valid("0190aaaa-bbbb-7ccc-8ddd-eeeeeeeeeeeg"));
}

static void decodes_base64url_strictly(void **state)
{
	(void)state;
	struct arena *arena = arena_new();
	unsigned char *bytes;
	size_t length;
	assert_string_equal(base64url_encode(arena, "\xfb\xff", 2), "-_8");
	assert_true(base64url_decode(arena, "-_8", 3, &bytes, &length));
	assert_int_equal(length, 2);
	assert_memory_equal(bytes, "\xfb\xff", 2);
	assert_false(base64url_decode(arena, "-_9", 3, &bytes, &length)); /* trailing bits */
	assert_false(base64url_decode(arena, "-_8=", 4, &bytes, &length));
	assert_false(base64url_decode(arena, "a", 1, &bytes, &length));
	assert_false(base64url_decode(arena, "a+b/", 4, &bytes, &length));
	arena_free(arena);
}

static void anchors_patterns(void **state)
{
	(void)state;
	const char *number = "[一-龥]{2,6}〔(20[0-9]{2})〕([1-9][0-9]{0,3})号";
	assert_true(pattern_matches(number, "渭科发〔2015〕62号"));
	assert_false(pattern_matches(number, "渭科发〔2015〕062号"));
	assert_false(pattern_matches(number, "渭科发〔2015〕62号\n"));
	assert_false(pattern_matches(number, "x渭科发〔2015〕62号"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(checks_credit_codes),
		cmocka_unit_test(finds_every_single_substitution),
		cmocka_unit_test(reads_money_as_fen),
		cmocka_unit_test(folds_names),
		cmocka_unit_test(knows_utf8_and_blanks),
		cmocka_unit_test(makes_ordered_uuids),
		cmocka_unit_test(decodes_base64url_strictly),
		cmocka_unit_test(anchors_patterns),
	};
	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
