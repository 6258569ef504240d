/* JWT: the vectors of RFC 7515 A.2, A.3 and RFC 8037 A.4, and every way a token may be bad. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "jwt.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

#define NOW INT64_C(1795000000)

static const char vector_keys[] =
	"{\"keys\":["
	"{\"kty\":\"RSA\",\"kid\":\"a2\",\"n\":\"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_"
	"wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJ"
	"PMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-"
	"bSf63kpaSHSXndS5z5rexMdbBYUsLA9e"
	"-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_"
	"h9iaGNj8q2ethFkM"
	"Ls91kzk2PAcDTW9gb54h4FRWyuXpoQ\",\"e\":\"AQAB\"},"
	"{\"kty\":\"EC\",\"kid\":\"a3\",\"crv\":\"P-256\",\"x\":"
	"\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
	"\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"},"
	"{\"kty\":\"OKP\",\"kid\":\"a4\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_"
	"7TyWQHOg7hcvPapiMlrwIaaPcHURo\"},"
	"{\"kty\":\"oct\",\"kid\":\"never\",\"k\":\"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-"
	"1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjA"
	"zZr1Z9CAow\"}]}";

struct vector {
	const char *kid;
	enum jwt_algorithm algorithm;
	const char *input, *signature;
};

/* clang-format off */
static const struct vector vectors[] = {
        {"a2", JWT_RS256,
         "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ",
         "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZ"
         "cAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-e"
         "OkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"},
        {"a3", JWT_ES256,
         "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ",
         "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"},
        {"a4", JWT_EDDSA, "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
         "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"},
};
/* clang-format on */

static int arena_set_up(void **state)
{
	*state = arena_new();
	return 0;
}

static int arena_tear_down(void **state)
{
	arena_free(*state);
	return 0;
}

static struct jwks *keys_of(struct arena *arena, const char *text)
{
	const char *fault;
	return jwks_parse(arena, text, strlen(text), &fault);
}

static void test_the_vectors(void **state)
{
	struct jwks *keys = keys_of(*state, vector_keys);
	assert_non_null(keys);
	assert_int_equal(jwks_count(keys), 3); /* the symmetric key is passed over */
	for (size_t i = 0; i < 3; i++) {
		const struct vector *v = &vectors[i];
		unsigned char *signature;
		size_t length;
		assert_true(
			base64url_decode(*state, v->signature, strlen(v->signature), &signature, &length));
		assert_true(jwt_signature_check(keys, v->kid, v->algorithm, v->input, strlen(v->input),
						signature, length));
		for (size_t other = 0; other < 3; other++)
			if (other != i)
				assert_false(jwt_signature_check(keys, v->kid, vectors[other].algorithm,
								 v->input, strlen(v->input), signature,
								 length));
		assert_false(jwt_signature_check(keys, "a5", v->algorithm, v->input, strlen(v->input),
						 signature, length));
		assert_false(jwt_signature_check(keys, v->kid, v->algorithm, v->input, strlen(v->input) - 1,
						 signature, length));
		assert_false(jwt_signature_check(keys, v->kid, v->algorithm, v->input, strlen(v->input),
						 signature, length - 1));
		signature[length / 2] ^= 1;
		assert_false(jwt_signature_check(keys, v->kid, v->algorithm, v->input, strlen(v->input),
						 signature, length));
	}
}

/* ---- whole tokens, signed with a key of our own ---- */

struct signer {
	struct arena *arena;
	struct jwks *keys;
	const char *kid;
	struct jwt_issuer issuer;
};

static struct signer signer_of(struct arena *arena)
{
	json_t *jwk = jwk_make(arena), *set = json_pack("{s:[O]}", "keys", jwk);
	char *text = json_dumps(set, 0);
	struct signer signer = {.arena = arena,
				.keys = keys_of(arena, text),
				.kid = arena_strdup(arena, json_string_value(json_object_get(jwk, "kid")))};
	signer.issuer = (struct jwt_issuer){"https://here", "us", signer.keys};
	free(text);
	json_decref(set);
	return signer;
}

static const char *verdict(const struct signer *signer, const char *token, struct jwt *ret)
{
	struct jwt unused;
	return jwt_verify(signer->arena, &signer->issuer, 1, token, NOW, ret ? ret : &unused);
}

/* The verdict on a token with these claims (as JSON) and the type at+jwt. */
static const char *claims_verdict(const struct signer *signer, const char *claims)
{
	json_t *value = json_loads(claims, 0, NULL);
	assert_non_null(value);
	const char *token = jwt_sign(signer->arena, signer->keys, signer->kid, "at+jwt", value);
	json_decref(value);
	assert_non_null(token);
	return verdict(signer, token, NULL);
}

static const char *const good =
	"{\"iss\":\"https://"
	"here\",\"aud\":[\"them\",\"us\"],\"sub\":\"s\",\"exp\":1795000010,\"nbf\":1794999990,"
	"\"client_id\":\"c\",\"scope\":\"a:b c:d\",\"jti\":\"j\"}";

static void test_a_good_token(void **state)
{
	struct signer signer = signer_of(*state);
	json_t *value = json_loads(good, 0, NULL);
	const char *token = jwt_sign(*state, signer.keys, signer.kid, "at+jwt", value);
	json_decref(value);
	struct jwt jwt;
	assert_null(verdict(&signer, token, &jwt));
	assert_string_equal(jwt.subject, "s");
	assert_string_equal(jwt.client_id, "c");
	assert_string_equal(jwt.scope, "a:b c:d");
	assert_string_equal(jwt.id, "j");
	assert_int_equal(jwt.expires_at, 1795000010);
	assert_int_equal(jwt.issuer, 0);
}

/* JSON written with single quotes. */
static const char *json_of(struct arena *arena, const char *text)
{
	char *copy = arena_strdup(arena, text);
	for (char *at = copy; *at; at++)
		if (*at == '\'')
			*at = '"';
	return copy;
}

struct verdict_case {
	const char *text, *verdict;
};

/* clang-format off */
static const struct verdict_case claim_cases[] = {
	{"{'iss':'https://here','aud':'us','sub':'s','exp':1794999941}", NULL}, /* 59 s late: inside the skew */
	{"{'iss':'https://here','aud':'us','sub':'s','exp':1794999940}", "exp"},
	{"{'iss':'https://here','aud':'us','sub':'s'}", "exp"},
	{"{'iss':'https://here','aud':'us','sub':'s','exp':'1795000010'}", "exp"},
	{"{'iss':'https://here','aud':'us','sub':'s','exp':1795000010,'nbf':1795000060}", NULL},
	{"{'iss':'https://here','aud':'us','sub':'s','exp':1795000010,'nbf':1795000061}", "nbf"},
	{"{'iss':'https://here','aud':'us','sub':'s','exp':1795000010,'nbf':'x'}", "nbf"},
	{"{'iss':'https://there','aud':'us','sub':'s','exp':1795000010}", "iss"},
	{"{'aud':'us','sub':'s','exp':1795000010}", "iss"},
	{"{'iss':'https://here','aud':'them','sub':'s','exp':1795000010}", "aud"},
	{"{'iss':'https://here','aud':['them'],'sub':'s','exp':1795000010}", "aud"},
	{"{'iss':'https://here','sub':'s','exp':1795000010}", "aud"},
	{"{'iss':'https://here','aud':'us','exp':1795000010}", "sub"},
	{"{'iss':'https://here','aud':'us','sub':'','exp':1795000010}", "sub"},
	{"{'iss':'https://here','aud':'us','sub':'s','exp':1795000010,'scope':['a']}", "scope"},
};

static const struct verdict_case header_cases[] = {
	{"{'alg':'none','typ':'JWT','kid':'k'}", "alg"},
	{"{'alg':'HS256','typ':'JWT','kid':'k'}", "alg"},
	{"{'alg':'es256','typ':'JWT','kid':'k'}", "alg"},
	{"{'typ':'JWT','kid':'k'}", "alg"},
	{"{'alg':'ES256','typ':'JWT'}", "kid"},
	{"{'alg':'ES256','kid':'k'}", "typ"},
	{"{'alg':'ES256','typ':'dpop+jwt','kid':'k'}", "typ"},
	{"{'alg':'ES256','typ':'JWT','kid':'k','zip':'DEF'}", "zip"},
	{"{'alg':'ES256','typ':'JWT','kid':'k','crit':[]}", "crit"},
	{"{'alg':'none','alg':'ES256','typ':'JWT','kid':'k'}", "json"},
	{"['alg']", "json"},
	{"{'alg':'ES256','typ':'JWT','kid':'k'}", "signature"},
};
/* clang-format on */

static void test_claims(void **state)
{
	struct signer signer = signer_of(*state);
	for (size_t i = 0; i < sizeof claim_cases / sizeof claim_cases[0]; i++) {
		const char *found = claims_verdict(&signer, json_of(*state, claim_cases[i].text));
		if (claim_cases[i].verdict)
			assert_string_equal(found ? found : "good", claim_cases[i].verdict);
		else
			assert_null(found);
	}
}

/* A token of raw parts: a header as text, the good claims, any signature. */
static const char *raw(struct arena *arena, const char *header, const char *claims, const char *signature)
{
	return arena_printf(arena, "%s.%s.%s", base64url_encode(arena, header, strlen(header)),
			    base64url_encode(arena, claims, strlen(claims)), signature);
}

static void test_headers(void **state)
{
	struct signer signer = signer_of(*state);
	for (size_t i = 0; i < sizeof header_cases / sizeof header_cases[0]; i++) {
		const char *token = raw(*state, json_of(*state, header_cases[i].text), good, "AAAA");
		assert_string_equal(verdict(&signer, token, NULL), header_cases[i].verdict);
	}
	const char *header = json_of(*state, "{'alg':'ES256','typ':'JWT','kid':'k'}");
	const char *twice =
		json_of(*state, "{'iss':'https://here','aud':'us','sub':'s','sub':'t','exp':1795000010}");
	assert_string_equal(verdict(&signer, raw(*state, header, twice, "AAAA"), NULL), "json");
}

static void test_form(void **state)
{
	struct signer signer = signer_of(*state);
	json_t *value = json_loads(good, 0, NULL);
	const char *token = jwt_sign(*state, signer.keys, signer.kid, "JWT", value);
	json_decref(value);
	assert_null(verdict(&signer, token, NULL));
	assert_string_equal(verdict(&signer, arena_printf(*state, "%s=", token), NULL), "signature");
	assert_string_equal(verdict(&signer, arena_printf(*state, "%s.", token), NULL), "parts");
	assert_string_equal(verdict(&signer, "", NULL), "parts");
	assert_string_equal(verdict(&signer, "a.b", NULL), "parts");
	assert_string_equal(verdict(&signer, "..", NULL), "json");
	char *long_token = arena_alloc(*state, JWT_MAX_BYTES + 2);
	memset(long_token, 'a', JWT_MAX_BYTES + 1);
	assert_string_equal(verdict(&signer, long_token, NULL), "size");
	/* the signature of another signer with the same kid */
	struct signer other = signer_of(*state);
	other.issuer.keys = signer.keys;
	assert_string_equal(claims_verdict(&other, good), "signature");
}

static void test_key_sets(void **state)
{
	static const char *const bad[] = {
		"",
		"[]",
		"{}",
		"{\"keys\":{}}",
		"{\"keys\":[]}",
		"{\"keys\":[],\"keys\":[]}",
		/* a usable key without a kid; two with one; a weak RSA key; a point off the curve; a key
		   bound to another algorithm */
		"{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_"
		"7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}]}",
		"{\"keys\":[{\"kty\":\"OKP\",\"kid\":\"k\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_"
		"7TyWQHOg7hcvPapiMlrwIaaPcHURo\"},"
		"{\"kty\":\"OKP\",\"kid\":\"k\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_"
		"7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}]}",
		"{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"k\",\"n\":\"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_"
		"wWJcyQoTY\",\"e\":\"AQAB\"}]}",
		"{\"keys\":[{\"kty\":\"EC\",\"kid\":\"k\",\"crv\":\"P-256\",\"x\":"
		"\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
		"\"y\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\"}]}",
		"{\"keys\":[{\"kty\":\"OKP\",\"kid\":\"k\",\"alg\":\"ES256\",\"crv\":\"Ed25519\","
		"\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}]}",
		"{\"keys\":[{\"kty\":\"OKP\",\"kid\":\"k\",\"use\":\"enc\",\"crv\":\"Ed25519\","
		"\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}]}",
	};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_null(keys_of(*state, bad[i]));
}

/* The public form of a key has no private part. */
static void test_public_part(void **state)
{
	json_t *jwk = jwk_make(*state), *public_jwk = jwk_public(jwk);
	assert_non_null(json_object_get(jwk, "d"));
	assert_null(json_object_get(public_jwk, "d"));
	assert_non_null(json_object_get(public_jwk, "x"));
	json_decref(public_jwk);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, arena_set_up, arena_tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_the_vectors), TEST(test_a_good_token), TEST(test_claims),      TEST(test_headers),
		TEST(test_form),        TEST(test_key_sets),     TEST(test_public_part),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
