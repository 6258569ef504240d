/* What the seed draws: splitmix64 over (seed, a, b), identifiers and request ids of it, credit codes by GB
 * 32100, and fictitious names. Pure. */
#include "seed_world.h"

#include <stdio.h>
#include <string.h>

#define COUNT(list) (sizeof(list) / sizeof *(list))

static uint64_t mix(uint64_t z)
{
	z += 0x9e3779b97f4a7c15u;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

uint64_t seed_draw(const struct seed_world *world, uint64_t a, uint64_t b)
{
	return mix(mix(mix(world->seed) ^ a) ^ b);
}

static void hex_write(char *text, uint64_t value, int digits)
{
	static const char hex[] = "0123456789abcdef";
	for (int i = digits - 1; i >= 0; i--, value >>= 4)
		text[i] = hex[value & 15];
}

const char *seed_id_make(const struct seed_world *world, seed_id ret, int day, uint64_t kind, uint64_t a,
			 uint64_t b)
{
	uint64_t high = seed_draw(world, kind << 56 ^ a, b), low = mix(high);
	/* 09:00 in Shanghai is 01:00 UTC; the seven hours after it are drawn */
	uint64_t milliseconds = (uint64_t)day * 86400000u + 3600000u + high % 25200000u;
	hex_write(ret, milliseconds >> 16, 8);
	hex_write(ret + 9, milliseconds & 0xffff, 4);
	hex_write(ret + 14, 0x7000 | (high >> 40 & 0xfff), 4);
	hex_write(ret + 19, 0x8000 | (low >> 48 & 0x3fff), 4);
	hex_write(ret + 24, low & 0xffffffffffffu, 12);
	ret[8] = ret[13] = ret[18] = ret[23] = '-';
	ret[36] = '\0';
	return ret;
}

const char *seed_request_id(const struct seed_world *world, char ret[33], uint64_t a, uint64_t b)
{
	uint64_t high = seed_draw(world, a ^ 0x7265717565737400u, b);
	hex_write(ret, high, 16);
	hex_write(ret + 16, mix(high), 16);
	ret[32] = '\0';
	return ret;
}

const char *seed_day(int day, char ret[DATE_TEXT])
{
	return date_format(date_from_days(day), ret);
}

const char *seed_stamp_or_null(struct seed_moment moment, char ret[STAMP_TEXT])
{
	return moment.day ? seed_stamp(moment, ret) : "\\N";
}

const char *seed_day_or_null(int day, char ret[DATE_TEXT])
{
	return day ? seed_day(day, ret) : "\\N";
}

int seed_year(int day)
{
	return date_from_days(day).year;
}

const char *seed_stamp(struct seed_moment moment, char ret[STAMP_TEXT])
{
	int s = moment.second;
	seed_day(moment.day, ret);
	snprintf(ret + 10, STAMP_TEXT - 10, " %02d:%02d:%02d+08", s / 3600 % 24, s / 60 % 60, s % 60);
	return ret;
}

int seed_workday(int day)
{
	int weekday = (day + 3) % 7; /* 1970-01-01 was a Thursday; 0 = Monday */
	return weekday < 5 ? day : day + 7 - weekday;
}

const char *seed_or_null(const char *text)
{
	return text ? text : "\\N";
}

/* ---- credit codes ---- */

const char *seed_code(const char *registry, const char *division, int number, char ret[CODE_TEXT])
{
	snprintf(ret, CODE_TEXT, "%s%.6sPDY%05d", registry, division, number % 100000);
	credit_code_complete(ret);
	return ret;
}

/* ---- names ---- */

static const char *const places[DIVISIONS] = {"渭南", "临渭", "华州", "潼关", "大荔", "合阳",
					      "澄城", "蒲城", "白水", "富平", "韩城", "华阴"};
static const char *const brands[64] = {
	"华山", "秦岭", "洛河", "沙苑", "云梨", "金穗", "丰原", "秦东", "关中", "渭北", "桥山",
	"龙门", "司马", "仓颉", "杜康", "唐陵", "桃下", "双泉", "兴镇", "孙镇", "荆姚", "罕井",
	"尧头", "冯原", "洽川", "同洲", "朝邑", "安仁", "羌白", "官道", "信义", "阳郭", "瓜坡",
	"赤水", "柳枝", "秦王", "太要", "代字", "芝川", "桑树", "西庄", "板桥", "岳庙", "华西",
	"罗敷", "淡村", "流曲", "美原", "庄里", "到贤", "曹村", "宫里", "雷牙", "史官", "林皋",
	"北塬", "王庄", "交道", "寺前", "赵庄", "韦庄", "安里", "醍醐", "坊镇"};
static const char *const topics[24] = {
	"绿色制造", "精深加工", "智能装备", "数字服务", "品质提升", "节能减排", "标准创制", "检验检测",
	"冷链物流", "种质创新", "循环利用", "安全生产", "技术转移", "品牌培育", "协同设计", "关键部件",
	"过程控制", "污染防治", "质量追溯", "育种繁育", "资源利用", "工艺优化", "示范推广", "成果转化"};
static const char *const products[FIELDS][6] = {
	{"苹果", "红富士", "苹果汁", "苹果酒", "果醋", "矮砧苹果"},
	{"酥梨", "梨膏", "梨汁", "梨酒", "香梨", "早酥梨"},
	{"奶山羊", "羊乳粉", "羊奶酪", "羊肉", "乳清", "牧草"},
	{"冬枣", "设施蔬菜", "大棚瓜果", "食用菌", "黄花菜", "红枣"},
	{"樱桃", "葡萄", "猕猴桃", "柿饼", "葡萄酒", "鲜桃"},
	{"花椒", "椒油", "调味料", "椒籽", "香料", "麻味素"},
	{"钼材料", "钼粉", "有色合金", "靶材", "稀有金属", "钼化工"},
	{"煤化工", "精细化工", "甲醇", "焦化", "合成氨", "化工助剂"},
	{"增材制造", "金属打印", "打印材料", "精密模具", "激光熔覆", "快速成形"},
	{"动力电池", "新能源汽车", "电机", "充电设施", "专用车", "储能"},
	{"印刷机械", "压缩机", "数控机床", "农机具", "矿山机械", "包装机械"},
	{"通用航空", "无人机", "航空部件", "飞行培训", "航空复材", "低空服务"},
	{"中药材", "化学药", "医疗器械", "中药饮片", "生物制剂", "保健食品"},
	{"陶瓷", "建筑陶瓷", "耀瓷", "釉料", "陶瓷机械", "功能陶瓷"},
	{"光伏", "风电", "太阳能", "氢能", "地热", "生物质能"},
	{"黄金", "石榴", "金精矿", "石榴酒", "贵金属", "尾矿"}};

const char *seed_place(int division)
{
	return places[division];
}

void seed_organisation_name(const char *type, int division, int number, char ret[NAME_TEXT])
{
	const char *brand = brands[number % 64], *word = products[number / 64 % FIELDS][number / 1024 % 6];
	const char *end = !strcmp(type, "enterprise")           ? "科技有限公司"
			  : !strcmp(type, "cooperative")        ? "专业合作社"
			  : !strcmp(type, "university")         ? "学院"
			  : !strcmp(type, "research_institute") ? "研究所"
			  : !strcmp(type, "financial")          ? "创业投资有限公司"
								: "服务中心";
	snprintf(ret, NAME_TEXT, "%s%s%s%s(虚构)", places[division], brand, word, end);
}

void seed_person_name(uint64_t draw, char ret[NAME_TEXT])
{
	static const char *const surnames[] = {"王", "李", "张", "刘", "陈", "杨", "赵", "黄",
					       "周", "吴", "徐", "孙", "胡", "朱", "高", "林",
					       "何", "郭", "马", "罗", "梁", "宋", "郑", "谢",
					       "韩", "唐", "冯", "于", "董", "萧", "程", "曹"};
	static const char *const given[] = {"建", "文", "明", "华", "志", "秀", "玉", "国", "海", "春", "立",
					    "永", "红", "军", "平", "敏", "静", "涛", "丽", "强", "磊", "洋",
					    "艳", "勇", "杰", "娟", "涵", "超", "霞", "刚", "桂", "云"};
	snprintf(ret, NAME_TEXT, "%s%s%s示例", surnames[draw % COUNT(surnames)],
		 given[draw / 64 % COUNT(given)], given[draw / 4096 % COUNT(given)]);
}

/* One name for each story: the digits of a number in mixed radix, after a step through all of them. */
void seed_alliance_name(int64_t story, int *ret_field, char ret[NAME_TEXT])
{
	enum { NAMES = FIELDS * 6 * 24 * 64, STEP = 7919 };
	int division = (int)(story % DIVISIONS);
	int64_t n = (story / DIVISIONS * STEP + 4099) % NAMES;
	int field = (int)(n % FIELDS);
	n /= FIELDS;
	int brand = (int)(n % 64), topic = (int)(n / 64 % 24), product = (int)(n / 64 / 24);
	*ret_field = field;
	snprintf(ret, NAME_TEXT, "%s%s%s%s产业技术创新战略联盟", places[division], brands[brand],
		 products[field][product], topics[topic]);
}
