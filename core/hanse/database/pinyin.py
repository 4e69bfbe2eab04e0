"""How hanzi are read: the key by which names are found in pinyin, and what somebody may mean who types letters.

The database makes the key itself (``hanse_pinyin``), as a generated column, so that every way of writing has it.  A
syllable begins with a capital in it, which is what keeps ``ang`` from being found in every Zhang::

    北京饭店 上海 → " BeiJingFanDian BJFD ShangHai SH "

Readings stand in the migration that makes the function.  Of characters that names read in several ways (重庆, 重工)
each reading counts, of others the most common.
"""

from __future__ import annotations

from functools import lru_cache

_SYLLABLES = """
    a ai an ang ao ba bai ban bang bao bei ben beng bi bian biao bie bin bing bo bu ca cai can cang cao ce cen ceng cha
    chai chan chang chao che chen cheng chi chong chou chu chua chuai chuan chuang chui chun chuo ci cong cou cu cuan
    cui cun cuo da dai dan dang dao de dei den deng di dian diao die ding diu dong dou du duan dui dun duo e ei en eng
    er fa fan fang fei fen feng fiao fo fou fu ga gai gan gang gao ge gei gen geng gong gou gu gua guai guan guang gui
    gun guo ha hai han hang hao he hei hen heng hong hou hu hua huai huan huang hui hun huo ji jia jian jiang jiao jie
    jin jing jiong jiu ju juan jue jun ka kai kan kang kao ke ken keng kong kou ku kua kuai kuan kuang kui kun kuo la
    lai lan lang lao le lei leng li lia lian liang liao lie lin ling liu lo long lou lu luan lun luo lv lve ma mai man
    mang mao me mei men meng mi mian miao mie min ming miu mo mou mu na nai nan nang nao ne nei nen neng ni nian niang
    niao nie nin ning niu nong nou nu nuan nun nuo nv nve o ou pa pai pan pang pao pei pen peng pi pian piao pie pin
    ping po pou pu qi qia qian qiang qiao qie qin qing qiong qiu qu quan que qun ran rang rao re ren reng ri rong rou
    ru rua ruan rui run ruo sa sai san sang sao se sen seng sha shai shan shang shao she shei shen sheng shi shou shu
    shua shuai shuan shuang shui shun shuo si song sou su suan sui sun suo ta tai tan tang tao te teng ti tian tiao tie
    ting tong tou tu tuan tui tun tuo wa wai wan wang wei wen weng wo wu xi xia xian xiang xiao xie xin xing xiong xiu
    xu xuan xue xun ya yan yang yao ye yi yin ying yo yong you yu yuan yue yun za zai zan zang zao ze zei zen zeng zha
    zhai zhan zhang zhao zhe zhen zheng zhi zhong zhou zhu zhua zhuai zhuan zhuang zhui zhun zhuo zi zong zou zu zuan
    zui zun zuo
"""
SYLLABLES = frozenset(_SYLLABLES.split())
_BEGUN = frozenset(one[:length] for one in SYLLABLES for length in range(1, len(one) + 1))
_INITIALS = frozenset("abcdefghjklmnopqrstwxyz")
#: The block of common hanzi; rarer ones have no key and are found as they are.
FIRST, LAST = 0x4E00, 0x9FFF
#: A typed word is taken apart into syllables in at most so many ways.
WAYS = 8
_LONGEST = 40


def is_hanzi(character: str) -> bool:
    """Tell whether a character has a reading in the key."""
    return FIRST <= ord(character) <= LAST


def sounds(word: str) -> list[str]:
    """Give the patterns of keys that a typed word may mean: syllables, the last one perhaps begun, and initials.

    Fewer than three letters are looked for at the beginning of words only.

    >>> sounds("beij")
    ['%BeiJ%']
    >>> sounds("bj")
    ['% BJ%']
    """
    letters = word.lower().replace("ü", "v").replace("lue", "lve").replace("nue", "nve")
    parts = letters.split("'")
    letters = "".join(parts)
    if not letters.isascii() or not letters.isalpha() or len(letters) > _LONGEST:
        return []
    found = ["".join(one.capitalize() for one in way) for way in _apart("'".join(parts))]
    if len(parts) == 1 and _INITIALS.issuperset(letters):
        found.append(letters.upper())
    begin = "% " if len(letters) < 3 else "%"
    return [f"{begin}{one}%" for one in dict.fromkeys(found)]


@lru_cache(maxsize=1024)
def _apart(letters: str) -> tuple[tuple[str, ...], ...]:
    """Take letters apart into syllables, in at most :data:`WAYS` ways; an apostrophe ends one."""
    found: list[tuple[str, ...]] = []

    def go(at: int, way: tuple[str, ...]) -> None:
        if len(found) >= WAYS:
            return
        if at == len(letters):
            found.append(way)
            return
        if letters[at] == "'":
            go(at + 1, way)
            return
        for end in range(min(len(letters), at + 6), at, -1):
            piece = letters[at:end]
            if piece in SYLLABLES or (end == len(letters) and piece in _BEGUN and (way or len(piece) > 1)):
                go(end, (*way, piece))

    go(0, ())
    return tuple(found)


__all__ = ["SYLLABLES", "WAYS", "is_hanzi", "sounds"]
