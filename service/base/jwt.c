/* Verifying and signing on EVP. Every refusal is one constant word for the log; none of it reaches the
 * caller. */
#include "jwt.h"

#include "json.h"
#include "text.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <string.h>
#include <strings.h>

#define RSA_MIN_BITS 2048
#define RSA_MAX_BITS 8192
#define KEYS_MAX     64

struct jwk {
	const char *kid;
	enum jwt_algorithm algorithm;
	bool algorithm_is_fixed; /* by the member alg; else an RSA key serves RS256 and PS256 */
	EVP_PKEY *key;
};

struct jwks {
	struct jwk keys[KEYS_MAX];
	size_t count;
};

static const char *const algorithm_names[] = {"RS256", "PS256", "ES256", "EdDSA"};

static void release_pkey(void *key)
{
	EVP_PKEY_free(key);
}

static void release_context(void *context)
{
	EVP_MD_CTX_free(context);
}

static bool algorithm_parse(const char *name, enum jwt_algorithm *ret)
{
	for (size_t i = 0; i < sizeof algorithm_names / sizeof algorithm_names[0]; i++)
		if (name && !strcmp(name, algorithm_names[i])) {
			*ret = (enum jwt_algorithm)i;
			return true;
		}
	return false;
}

static const char *member_text(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

/* A base64url member of a JWK as bytes; false when it is absent or not strict. */
static bool member_bytes(struct arena *arena, const json_t *jwk, const char *name, unsigned char **ret,
			 size_t *ret_length)
{
	const char *text = member_text(jwk, name);
	return text && base64url_decode(arena, text, strlen(text), ret, ret_length) && *ret_length > 0;
}

static EVP_PKEY *pkey_from(const char *type, OSSL_PARAM *parameters, int selection)
{
	EVP_PKEY *key = NULL;
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	if (!context || EVP_PKEY_fromdata_init(context) != 1 ||
	    EVP_PKEY_fromdata(context, &key, selection, parameters) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(context);
	return key;
}

static EVP_PKEY *rsa_key(struct arena *arena, const json_t *jwk)
{
	unsigned char *n, *e;
	size_t n_length, e_length;
	if (!member_bytes(arena, jwk, "n", &n, &n_length) || !member_bytes(arena, jwk, "e", &e, &e_length) ||
	    e_length > 8)
		return NULL;
	if (n_length > RSA_MAX_BITS / 8)
		return NULL;
	BIGNUM *modulus = BN_bin2bn(n, (int)n_length, NULL);
	BIGNUM *exponent = BN_bin2bn(e, (int)e_length, NULL);
	OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
	EVP_PKEY *key = NULL;
	if (modulus && exponent && builder && BN_num_bits(modulus) >= RSA_MIN_BITS && BN_is_odd(exponent) &&
	    OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, modulus) == 1 &&
	    OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, exponent) == 1) {
		OSSL_PARAM *parameters = OSSL_PARAM_BLD_to_param(builder);
		key = parameters ? pkey_from("RSA", parameters, EVP_PKEY_PUBLIC_KEY) : NULL;
		OSSL_PARAM_free(parameters);
	}
	OSSL_PARAM_BLD_free(builder);
	BN_free(modulus);
	BN_free(exponent);
	return key;
}

static EVP_PKEY *ec_key(struct arena *arena, const json_t *jwk)
{
	unsigned char *x, *y, *d = NULL;
	size_t x_length, y_length, d_length = 0;
	const char *curve = member_text(jwk, "crv");
	if (!curve || strcmp(curve, "P-256") != 0 || !member_bytes(arena, jwk, "x", &x, &x_length) ||
	    !member_bytes(arena, jwk, "y", &y, &y_length) || x_length != 32 || y_length != 32)
		return NULL;
	if (json_object_get(jwk, "d") && (!member_bytes(arena, jwk, "d", &d, &d_length) || d_length != 32))
		return NULL;
	unsigned char point[65] = {4};
	memcpy(point + 1, x, 32);
	memcpy(point + 33, y, 32);
	OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
	BIGNUM *secret = d ? BN_bin2bn(d, 32, NULL) : NULL;
	EVP_PKEY *key = NULL;
	if (builder &&
	    OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) == 1 &&
	    OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point) == 1 &&
	    (!secret || OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_PRIV_KEY, secret) == 1)) {
		OSSL_PARAM *parameters = OSSL_PARAM_BLD_to_param(builder);
		key = parameters
			      ? pkey_from("EC", parameters, secret ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY)
			      : NULL;
		OSSL_PARAM_free(parameters);
	}
	OSSL_PARAM_BLD_free(builder);
	BN_clear_free(secret);
	return key;
}

static EVP_PKEY *ed_key(struct arena *arena, const json_t *jwk)
{
	unsigned char *x;
	size_t length;
	const char *curve = member_text(jwk, "crv");
	if (!curve || strcmp(curve, "Ed25519") != 0 || !member_bytes(arena, jwk, "x", &x, &length) ||
	    length != 32)
		return NULL;
	return EVP_PKEY_new_raw_public_key_ex(NULL, "ED25519", NULL, x, length);
}

/* One member of a set; false when it is a kind of key that we do not use. */
static bool jwk_load(struct arena *arena, const json_t *value, struct jwk *ret)
{
	const char *type = member_text(value, "kty"), *use = member_text(value, "use");
	const char *algorithm = member_text(value, "alg");
	if (!type || (use && strcmp(use, "sig") != 0))
		return false;
	enum jwt_algorithm own;
	EVP_PKEY *key = NULL;
	if (!strcmp(type, "RSA")) {
		own = JWT_RS256;
		key = rsa_key(arena, value);
	} else if (!strcmp(type, "EC")) {
		own = JWT_ES256;
		key = ec_key(arena, value);
	} else if (!strcmp(type, "OKP")) {
		own = JWT_EDDSA;
		key = ed_key(arena, value);
	} else {
		return false;
	}
	ERR_clear_error();
	if (!key)
		return false;
	arena_defer(arena, release_pkey, key);
	ret->algorithm = own;
	ret->algorithm_is_fixed = own != JWT_RS256 || algorithm;
	if (algorithm) {
		enum jwt_algorithm named;
		if (!algorithm_parse(algorithm, &named) ||
		    (named != own && !(own == JWT_RS256 && named == JWT_PS256)))
			return false;
		ret->algorithm = named;
	}
	const char *kid = member_text(value, "kid");
	ret->kid = kid ? arena_strdup(arena, kid) : NULL;
	ret->key = key;
	return true;
}

static const struct jwk *jwks_find(const struct jwks *keys, const char *kid)
{
	for (size_t i = 0; i < keys->count; i++)
		if (!strcmp(keys->keys[i].kid, kid))
			return &keys->keys[i];
	return NULL;
}

struct jwks *jwks_parse(struct arena *arena, const char *text, size_t length, const char **ret_fault)
{
	json_error_t error;
	json_t *set = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);
	if (set)
		json_own(arena, set);
	const json_t *list = json_object_get(set, "keys");
	*ret_fault = "it is no JWK set";
	if (!json_is_array(list))
		return NULL;
	struct jwks *keys = arena_alloc(arena, sizeof *keys);
	size_t index;
	json_t *value;
	json_array_foreach(list, index, value)
	{
		struct jwk key = {0};
		if (!jwk_load(arena, value, &key))
			continue;
		*ret_fault = "a key has no kid of its own";
		if (!key.kid || !*key.kid || jwks_find(keys, key.kid))
			return NULL;
		*ret_fault = "there are too many keys";
		if (keys->count == KEYS_MAX)
			return NULL;
		keys->keys[keys->count++] = key;
	}
	*ret_fault = "no key in it can verify RS256, PS256, ES256 or EdDSA";
	return keys->count ? keys : NULL;
}

size_t jwks_count(const struct jwks *keys)
{
	return keys->count;
}

/* The 32 bytes of a big number member of an EC key, base64url. */
static char *ec_member(struct arena *arena, const EVP_PKEY *key, const char *name)
{
	BIGNUM *number = NULL;
	unsigned char bytes[32];
	char *text = NULL;
	if (EVP_PKEY_get_bn_param(key, name, &number) == 1 &&
	    BN_bn2binpad(number, bytes, sizeof bytes) == sizeof bytes)
		text = base64url_encode(arena, bytes, sizeof bytes);
	BN_clear_free(number);
	return text;
}

json_t *jwk_make(struct arena *arena)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	if (!key)
		return NULL;
	arena_defer(arena, release_pkey, key);
	const char *x = ec_member(arena, key, OSSL_PKEY_PARAM_EC_PUB_X),
		   *y = ec_member(arena, key, OSSL_PKEY_PARAM_EC_PUB_Y);
	const char *d = ec_member(arena, key, OSSL_PKEY_PARAM_PRIV_KEY);
	if (!x || !y || !d)
		return NULL;
	/* RFC 7638: the required members, sorted, without white space */
	const char *canonical =
		arena_printf(arena, "{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"%s\",\"y\":\"%s\"}", x, y);
	unsigned char digest[32];
	sha256_bytes(canonical, strlen(canonical), digest);
	json_t *jwk = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "kty", "EC", "crv", "P-256", "x",
				x, "y", y, "d", d, "use", "sig", "alg", "ES256", "kid",
				base64url_encode(arena, digest, sizeof digest));
	if (jwk)
		json_own(arena, jwk);
	return jwk;
}

json_t *jwk_public(const json_t *jwk)
{
	static const char *const names[] = {"kty", "crv", "x", "y", "n", "e", "use", "alg", "kid"};
	json_t *result = json_object();
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		const char *text = member_text(jwk, names[i]);
		if (text)
			json_object_set_new(result, names[i], json_string(text));
	}
	return result;
}

/* r and s of 32 bytes each (RFC 7518 3.4) as the DER that EVP wants. */
static bool ecdsa_der(const unsigned char *signature, size_t length, unsigned char der[80], int *ret_length)
{
	if (length != 64)
		return false;
	ECDSA_SIG *pair = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(signature, 32, NULL), *s = BN_bin2bn(signature + 32, 32, NULL);
	if (!pair || !r || !s || ECDSA_SIG_set0(pair, r, s) != 1) {
		BN_free(r);
		BN_free(s);
		ECDSA_SIG_free(pair);
		return false;
	}
	unsigned char *end = der;
	*ret_length = i2d_ECDSA_SIG(pair, &end);
	ECDSA_SIG_free(pair);
	return *ret_length > 0;
}

static bool verify_start(EVP_MD_CTX *context, EVP_PKEY *key, enum jwt_algorithm algorithm)
{
	EVP_PKEY_CTX *details;
	if (EVP_DigestVerifyInit_ex(context, &details, algorithm == JWT_EDDSA ? NULL : "SHA256", NULL, NULL,
				    key, NULL) != 1)
		return false;
	if (algorithm != JWT_PS256)
		return true;
	return EVP_PKEY_CTX_set_rsa_padding(details, RSA_PKCS1_PSS_PADDING) == 1 &&
	       EVP_PKEY_CTX_set_rsa_pss_saltlen(details, RSA_PSS_SALTLEN_DIGEST) == 1;
}

static bool key_allows(const struct jwk *key, enum jwt_algorithm algorithm)
{
	return key->algorithm == algorithm || (!key->algorithm_is_fixed && algorithm == JWT_PS256);
}

bool jwt_signature_check(const struct jwks *keys, const char *kid, enum jwt_algorithm algorithm,
			 const char *signed_text, size_t length, const unsigned char *signature,
			 size_t signature_length)
{
	const struct jwk *key = jwks_find(keys, kid);
	if (!key || !key_allows(key, algorithm))
		return false;
	unsigned char der[80];
	if (algorithm == JWT_ES256) {
		int der_length;
		if (!ecdsa_der(signature, signature_length, der, &der_length))
			return false;
		signature = der;
		signature_length = (size_t)der_length;
	}
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool good = context && verify_start(context, key->key, algorithm) &&
		    EVP_DigestVerify(context, signature, signature_length, (const unsigned char *)signed_text,
				     length) == 1;
	EVP_MD_CTX_free(context);
	ERR_clear_error();
	return good;
}

/* One part of the token as a JSON object. */
static const json_t *part_object(struct arena *arena, const char *text, size_t length)
{
	unsigned char *bytes;
	size_t count;
	if (!base64url_decode(arena, text, length, &bytes, &count))
		return NULL;
	json_error_t error;
	json_t *value = json_loadb((const char *)bytes, count, JSON_REJECT_DUPLICATES, &error);
	if (!value)
		return NULL;
	json_own(arena, value);
	return json_is_object(value) ? value : NULL;
}

static bool type_is_token(const char *type)
{
	return type && (!strcasecmp(type, "JWT") || !strcasecmp(type, "at+jwt") ||
			!strcasecmp(type, "application/at+jwt"));
}

static const char *header_judge(const json_t *header, const char **ret_kid, enum jwt_algorithm *ret_algorithm)
{
	if (json_object_get(header, "crit"))
		return "crit";
	if (json_object_get(header, "zip"))
		return "zip";
	if (!algorithm_parse(member_text(header, "alg"), ret_algorithm))
		return "alg";
	if (!type_is_token(member_text(header, "typ")))
		return "typ";
	*ret_kid = member_text(header, "kid");
	return *ret_kid ? NULL : "kid";
}

static bool audience_matches(const json_t *audience, const char *wanted)
{
	if (json_is_string(audience))
		return !strcmp(json_string_value(audience), wanted);
	size_t index;
	json_t *value;
	json_array_foreach(audience, index, value) if (json_is_string(value) &&
						       !strcmp(json_string_value(value), wanted)) return true;
	return false;
}

/* A NumericDate: whole or with a fraction, as RFC 7519 allows. */
static bool date_member(const json_t *claims, const char *name, int64_t *ret)
{
	const json_t *value = json_object_get(claims, name);
	if (!json_is_number(value))
		return false;
	double number = json_number_value(value);
	if (!(number >= 0 && number < 1e12))
		return false;
	*ret = (int64_t)number;
	return true;
}

static const char *claims_judge(const json_t *claims, const struct jwt_issuer *issuer, int64_t now,
				struct jwt *ret)
{
	int64_t not_before;
	if (!audience_matches(json_object_get(claims, "aud"), issuer->audience))
		return "aud";
	if (!date_member(claims, "exp", &ret->expires_at) || now - JWT_SKEW_SECONDS >= ret->expires_at)
		return "exp";
	if (json_object_get(claims, "nbf") &&
	    (!date_member(claims, "nbf", &not_before) || now + JWT_SKEW_SECONDS < not_before))
		return "nbf";
	ret->subject = member_text(claims, "sub");
	if (!ret->subject || !*ret->subject)
		return "sub";
	/* a scope that is no text must not widen to "no limit" */
	if (json_object_get(claims, "scope") && !member_text(claims, "scope"))
		return "scope";
	ret->client_id = member_text(claims, "client_id");
	ret->scope = member_text(claims, "scope");
	ret->id = member_text(claims, "jti");
	ret->claims = claims;
	return NULL;
}

static bool issuer_find(const struct jwt_issuer *issuers, size_t count, const char *name, size_t *ret)
{
	for (size_t i = 0; i < count; i++)
		if (name && !strcmp(issuers[i].issuer, name)) {
			*ret = i;
			return true;
		}
	return false;
}

const char *jwt_verify(struct arena *arena, const struct jwt_issuer *issuers, size_t count, const char *token,
		       int64_t now, struct jwt *ret)
{
	size_t length = strlen(token);
	if (length > JWT_MAX_BYTES)
		return "size";
	const char *first = strchr(token, '.'), *second = first ? strchr(first + 1, '.') : NULL;
	if (!second || strchr(second + 1, '.'))
		return "parts";
	const json_t *header = part_object(arena, token, (size_t)(first - token));
	const json_t *claims = part_object(arena, first + 1, (size_t)(second - first - 1));
	if (!header || !claims)
		return "json";
	const char *kid;
	enum jwt_algorithm algorithm;
	const char *fault = header_judge(header, &kid, &algorithm);
	if (fault)
		return fault;
	struct jwt found = {0};
	/* iss only chooses the keys; nothing else of the claims is believed before the signature */
	if (!issuer_find(issuers, count, member_text(claims, "iss"), &found.issuer))
		return "iss";
	unsigned char *signature;
	size_t signature_length;
	if (!base64url_decode(arena, second + 1, strlen(second + 1), &signature, &signature_length))
		return "signature";
	if (!jwt_signature_check(issuers[found.issuer].keys, kid, algorithm, token, (size_t)(second - token),
				 signature, signature_length))
		return "signature";
	fault = claims_judge(claims, &issuers[found.issuer], now, &found);
	if (!fault)
		*ret = found;
	return fault;
}

/* DER to r and s. */
static bool ecdsa_raw(const unsigned char *der, size_t length, unsigned char raw[64])
{
	const unsigned char *start = der;
	ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &start, (long)length);
	bool good = pair && BN_bn2binpad(ECDSA_SIG_get0_r(pair), raw, 32) == 32 &&
		    BN_bn2binpad(ECDSA_SIG_get0_s(pair), raw + 32, 32) == 32;
	ECDSA_SIG_free(pair);
	return good;
}

static const char *object_part(struct arena *arena, const json_t *value)
{
	char *text = json_dumps(value, JSON_COMPACT);
	if (!text)
		return NULL;
	const char *part = base64url_encode(arena, text, strlen(text));
	free(text);
	return part;
}

const char *jwt_sign(struct arena *arena, const struct jwks *keys, const char *kid, const char *type,
		     const json_t *claims)
{
	const struct jwk *key = jwks_find(keys, kid);
	if (!key || key->algorithm != JWT_ES256)
		return NULL;
	json_t *header = json_pack("{s:s, s:s, s:s}", "alg", "ES256", "typ", type, "kid", kid);
	if (!header)
		return NULL;
	json_own(arena, header);
	const char *head = object_part(arena, header), *body = object_part(arena, claims);
	if (!head || !body)
		return NULL;
	const char *text = arena_printf(arena, "%s.%s", head, body);
	unsigned char der[80], raw[64];
	size_t length = sizeof der;
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	if (!context)
		return NULL;
	arena_defer(arena, release_context, context);
	if (EVP_DigestSignInit_ex(context, NULL, "SHA256", NULL, NULL, key->key, NULL) != 1 ||
	    EVP_DigestSign(context, der, &length, (const unsigned char *)text, strlen(text)) != 1 ||
	    !ecdsa_raw(der, length, raw)) {
		ERR_clear_error();
		return NULL;
	}
	return arena_printf(arena, "%s.%s", text, base64url_encode(arena, raw, sizeof raw));
}
