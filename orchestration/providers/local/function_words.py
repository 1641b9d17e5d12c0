"""Function words of the languages the offline models know: written down here, folded when read.

They say nothing of what a text is about, so keywords and similarity leave them out; and their share tells languages
apart. Published stop lists were tried and are too greedy for office documents (the usual English one drops "system",
"bill", "amount", "order").
"""

from collections.abc import Mapping
from types import MappingProxyType

FUNCTION_WORDS: Mapping[str, str] = MappingProxyType({
    "en": """a about above after again against all also although am among an and any are aren't as at be because been
        before being below between both but by can cannot could did do does doesn't doing don't done down during each
        either else ever every few for from further get had has have having he hence her here hers herself him
        himself his how however i if in into is isn't it its itself just last less let like may me might more most
        much must my myself neither no nor not now of off often on once one only onto or other our ours out over own
        per quite rather same shall she should since so some still such than that the their theirs them then there
        thereby therefore therein thereof these they this those through thus to too two under until up upon us very
        via was we were what when where whereas which while who whom whose why will with within without would yet you
        your yours please make made many new use used using well""",
    "de": """aber alle allem allen aller alles als also am an andere anderen auch auf aus bei beim bereits bis bzw da
        dabei dadurch dafür daher damit dann daran darauf daraus das dass dazu dem den denen denn der deren des
        dessen die dies diese diesem diesen dieser dieses doch dort du durch ein eine einem einen einer eines er es
        etwas euch für gegen hat hatte hatten haben hier hiermit ihm ihn ihnen ihr ihre ihrem ihren ihrer im in ins
        ist ja jede jedem jeden jeder jedoch jene kann kein keine keinen können man mehr mein mit muss müssen nach
        nicht nichts noch nur ob oder ohne sehr sein seine seinem seinen seiner seit sich sie sind so sofern soll
        sollen sollte sowie über um und uns unser unsere unter vom von vor war waren was weil welche welcher wenn
        werden wie wir wird wo worden wurde wurden zu zum zur zwischen""",
    "fr": """à afin ai ainsi alors après au aucun aucune aussi autre autres aux avant avec avoir avons car ce ceci cela
        celle celles celui ces cet cette ceux chaque chez ci comme d' dans de depuis des doit doivent donc dont du
        elle elles en encore entre est et été être eu eux fait font hors il ils j' je l' la là le les leur leurs lors
        lorsque lui mais même mes moins mon n' ne ni nos notre nous on ont ou où par parce pas pendant peu peut
        peuvent plus pour pourra puis qu' quand que quel quelle quelles quels qui quoi s' sa sans se selon sera ses
        si soit son sont sous sur ta tandis te tel telle tous tout toute toutes très tu un une vers voici vos votre
        vous y""",
    "es": """a al algo alguno algunos ante antes aquel aquella así aún aunque bajo cada como con contra cual cuales
        cuando cuyo de del desde donde dos durante e el él ella ellas ellos en entre era es esa ese eso esta está
        están estas este esto estos fue fueron ha haber había han hasta hay la las le les lo los más me mediante mi
        mientras mismo muy ni no nos nosotros nuestra nuestro o otra otras otro otros para pero poder por porque pues
        que qué quien se según ser será si sí sin sino sobre son su sus también tal tan tanto te tiene tienen toda
        todas todo todos tras tu un una unas uno unos usted ustedes y ya yo""",
    "it": """a abbiamo ad agli ai al alla alle allo anche ancora che chi ci come con contro cui da dagli dai dal dalla
        dalle degli dei del della delle dello di dopo dove e è ed entro era essere fra gli ha hanno ho i il in io la
        le lei li lo loro lui ma mentre mi nei nel nella nelle noi non nostra nostro o ogni per perché più poi prima
        può qualora quale quali quando quanto quella quello questa queste questi questo se sebbene senza si sia solo
        sono sopra sotto sua sue sugli sui sul sulla suo suoi tra tutte tutti tutto un una uno vi voi""",
    "pt": """a ainda ao aos após as até cada com como contra da das de dela dele depois desde deve do dos durante e é
        ela elas ele eles em entre era essa esse esta está estão este estes eu foi foram há isso isto já lhe mais mas
        me mediante mesmo minha muito na não nas nem no nos nós nossa nosso num numa o onde os ou para pela pelas
        pelo pelos perante pode por porque qual quando que quem são se sem ser será seu seus sob sobre sua suas
        também tem têm toda todo todos um uma você""",
    "nl": """aan al alle als ben bij binnen dan dat de deze die dit door dus een elk en er geen had heb hebben heeft
        het hier hij hoe hun ik in is kan kunnen maar meer met mijn moet moeten na naar niet nog nu of om onder ons
        onze ook op over per reeds sinds te tegen ten ter tot tussen uit uw van veel volgens voor waar waarbij waren
        was wat we welke werd wie wij wordt worden zal ze zich zij zijn zo zodat zonder zou""",
    "sv": """och i att det som en på är av för med till den har de inte om ett men var jag sig från vi så kan när ska
        eller också efter vid hade mot under än varje denna detta dessa skall samt""",
    "da": """og i at det som en på er af for med til den har de ikke om et men var jeg sig fra vi så kan når skal
        eller også efter ved havde mod under end hver denne dette disse samt blev""",
    "fi": """ja on ei että se oli joka mutta tai kun niin myös ovat tämä sen hän kuin jos ne voi sekä mukaan jälkeen
        ennen tässä siitä joita jotka ole""",
    "pl": """i w na z do nie że się to jest o od po za jak przez dla przy oraz lub ale tym tego jego jej są być może
        które który która został także ze u ich""",
    "ro": """și în de la cu pe nu că este o un a al ale din care pentru mai sau prin după fi se sunt să au fost
        această acest între""",
    "hu": """a az és hogy nem is egy meg de ez van volt mint csak vagy már még ha el ki után szerint minden között
        által illetve""",
    "tr": """ve bir bu da de için ile olarak olan gibi daha çok en ancak veya sonra kadar her ne var göre tarafından
        olduğu üzere""",
    "ru": """и в не на с что по к из за от у о для как это при или а но был была были его её их он она они мы вы так
        же бы до со во то все также если между после может должен""",
    "uk": """і в не на з що по до із за від у о для як це при або а але був була були його її їх він вона вони ми ви
        так же до зі та все також якщо між після може""",
    "el": """και το η ο του της την τον να σε με για από που δεν είναι τα των στο στη στην ή θα οι ως προς κατά μετά
        πριν μεταξύ""",
    "ar": "في من على إلى أن هذا هذه التي الذي عن مع أو لا ما كان كانت قد بين بعد قبل ذلك كل",
})  # fmt: skip
