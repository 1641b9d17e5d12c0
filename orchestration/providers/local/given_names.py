"""Common given names, folded: the gazetteer that lets two capitalised words be read as a person.

Names that are everyday words at the start of a sentence or in headings (Will, May, Mark, Grace, Art, Rose …) are left
out: such a person is still found by a title, a role or a label beside the name.
"""

_NAMES = """
aaron abigail adam adele adrian adriana agata agnes agnieszka ahmed aicha aiko aisha aissatou akira alain alan albert
alberto alejandra alejandro aleksander aleksandra alessandra alessandro alessia alex alexander alexandra alexandre
alexei alexis alfonso alfred alfredo ali alice alicia alina alison allison alma alvaro amadou amal amanda amara amelia
amelie amina amir amira amit amy ana anabel anders andre andrea andreas andrei andrej andres andrew andrzej angela
angelica angelika angelo anita anja ann anna annabel anne anneke annelies annette annika anthony antje antoine anton
antonia antonio anya aoife april ariane arjun arnaud arne arthur arturo asha ashley astrid aurelie aurora axel ayesha
bartosz bastian bastien beata beate beatrice beatriz ben benedikt benjamin benoit bernadette bernard bernd berta
bettina bianca birgit bjorn bogdan boris brandon brenda brian brigitte britta bruno caitlin camila camille carl carla
carlo carlos carmen carol carole carolina caroline carsten catalina catarina caterina catherine cecile cecilia cedric
celine cesar chantal charles charlotte chen chiara chinedu chloe christa christian christiane christina christine
christoph christophe christopher claire clara claude claudia claudio clemens clement colin connor constance cora
corinna corinne cornelia cristian cristina cynthia dagmar daisuke damian damien dana daniel daniela daniele danielle
daria dario darren david deborah deepak delphine denis denise dennis derek diana diane diego dieter dimitri dimitrios
dimitris dirk dmitri dmitry dolores dominic dominik dominique donald donna doris dorothea dorothy duncan edgar edith
eduardo edward eileen ekaterina elaine elena eleanor eleni elias elif elisa elisabeth elise elizabeth ella ellen
elodie elsa emanuel emeka emil emilia emilie emily emma emmanuel enrique eric erica erich erik erika ernesto ernst
esther estelle eszter ethan etienne eugene eva evan evelyn ewa fabian fabien fabio fabrice fatima fatou federica
federico felicia felipe felix ferdinand fernanda fernando filip filippo finn fiona flavia florence florian fran
francesca francesco francine francis francisco franck francois francoise frank franz franziska fred frederic frederick
frederik frieda friedrich fritz gabor gabriel gabriela gabriele gareth gary gemma geoffrey georg george georges gerald
gerard gerd gerhard gertrud giacomo gianluca gilles gina giorgio giovanni giulia giuseppe gloria gonzalo gordon graham
greg gregor gregory greta grzegorz guido guillaume guillermo gunter gunther gustav gustavo guy hamza hanna hannah
hanne hannes hans harald harriet harry hassan heather hector heidi heike heiko heinrich heinz helen helena helene
helga helmut hendrik henri henrik henry herbert hermann hilda hilde holger howard hubert hugh hugo ian ibrahim ida
ignacio igor ilaria ilse imran ines inga inge ingeborg ingo ingrid irena irene irina iris irma isaac isabel isabella
isabelle isobel ivan ivana ivo jack jackie jacob jacqueline jacques jakob jakub james jamie jan jana jane janet janina
janine jannik jason javier jean jeanette jeanne jeff jeffrey jenna jennifer jenny jens jeremy jerome jerzy jesper
jesse jessica jesus jill joachim joan joana joanna joao joaquin jochen joe joel joerg johan johann johanna johannes
john jolanta jon jonas jonathan jordan jordi jorg jorge jose josef josefine joseph josephine joshua juan juana judith
julia julian juliana juliane julie julien juliette julio julius jurgen justin justine justyna kai kaito kamila kamil
karen karim karin karina karl karla karolina karsten katarina katarzyna kate katharina katherine kathleen kathrin
kathryn kathy katie katja katrin kay keith kelly ken kenji kenneth kenta kerstin kevin khadija kim kirsten kirsty
klara klaus konrad konstantin krishna kristen kristian kristin kristina krystyna krzysztof kurt kwame kyle lara lars
larissa latifa laura lauren laurence laurent lea leah leila lena leo leon leonard leonardo leonie leonora leticia liam
lidia lilian lillian lina linda lindsay lisa lise liv livia lorena lorenzo louis louisa louise luc luca lucas lucia
lucie lucien lucy ludovic ludwig luis luisa luise lukas lukasz luka luna lydia lynn maciej madeleine magdalena magnus
mahmoud maja malgorzata malik malin manfred manon manuel manuela mara marc marcel marcelo marcin marco marcos marcus
maren margaret margarita margit margot marguerite maria mariam mariama mariana marianne marie mariella marijke marina
mario marion marisa marissa marius marko markus marlene marta martha martin martina martine mary maryam masha massimo
mateo mateusz mathias mathieu mathilde matt matteo matthew matthias matthieu maureen maurice mauricio max maxim maxime
maximilian meera mehdi mehmet mei melanie melissa mercedes mia michael michaela michal michel michele michelle miguel
mikael mike mikhail milan milena mina mira miranda miriam mirko mohamed mohammed moira monica monika monique morgan
moritz mustafa myriam nadia nadine naomi natacha natalia natalie natasha nathalie nathan nathaniel neha neil nele
nicholas nick nicola nicolas nicole niels nigel nikhil niklas nikola nikolai nikolaos nikos nils nina noah noemi nora
norbert nuno nuria oksana olaf ole olga oliver olivia olivier omar orla oscar oskar oswald otto owen pablo pamela
paola paolo pascal patricia patricio patrick patrizia patrycja paul paula pauline pavel pawel pedro peggy penelope per
peter petra philip philipp philippe phillip pia pierre pilar piotr priya quentin rachel rafael rafal raffaella rahul
rainer raj rajesh ralf ralph ramon raphael raquel raul ravi raymond rebecca regina regine reinhard renata renate rene
ricardo riccardo richard rita robert roberta roberto robin rocio roderick rodrigo roger rohan roland rolf roman ronald
ronja rosa rosalind rosemary rosie rowan roxana roy ruben rudiger rudolf rui rupert ruth ryan sabina sabine sabrina
salma salvatore sam samantha samir samira samuel sandra sanjay santiago sara sarah sasha saskia scott sean sebastian
sebastien selina serge sergei sergey sergio severine shannon sharon sheila shirin silke silvia simon simona simone
sofia sofie solene sonia sonja sophia sophie soren stefan stefanie stefano stella stephan stephane stephanie stephen
steve steven stuart sunil susan susana susanna susanne suzanne svenja sven svetlana sylvain sylvia sylvie takashi
tamara tania tanja tara tariq tatiana ted teresa thea theo theodor theodora theresa therese thibault thierry thilo
thomas thorsten tiago tilo tim timo timothy tina tobias tom tomas tomasz tommy toni tony tracy tristan ulrich ulrike
ulf ursula uta ute uwe valentin valentina valerie vanessa vera veronica veronika veronique vicente victor victoria
vijay viktor viktoria vincent vincenzo virginia virginie vivian vladimir walter wanda wei wendy werner wilhelm wilma
wolfgang xavier yan yann yannick yara yasmin yasmine yolanda youssef yuki yusuf yves yvette yvonne zara zoe zofia
zuzanna abdul abdullah abena adaeze adebayo adunni agneta agustin ailsa aine akua alasdair alastair alba aled alejo
alessio alistair alonso alwyn amadeus amaia amparo anas anastasia aneta angharad angus anisa ankit annemarie anouk
ansgar anselm antonella anwar aoi aparna archana archibald arend arianna armando arno arvid asger ashok asif asmaa
atsuko augustin aurelio aurelien babak baptiste barbara barnabas barnaby bartholomew basil bashir bela belinda
benedetta benedict benjamim bente bertrand beth bethan bharat bjarne blanca blessing boaz bob bodil bohdan bram
branwen brendan bronwen bronwyn caio carlotta carlton carolyn carys casper cassandra cathal catriona celia chandra
chidi chika chinwe chloé ciara ciaran clarissa claudine clementine conor cordelia cormac corentin cosima costas cyril
dafydd dalia damir danica danilo daphne davide davina dawit declan deirdre delia delilah dermot desmond devika dewi
dilip dimitra dinesh dino domingo dougal dorothee drago duarte dusan ebba ebony eduard edwin efua eilidh einar eirini
eirik elina elke elliot ellis elspeth elvira emanuela emre enzo eoin erin erwin esme esteban ester euan eugenia eunice
evangelos evangeline evelien ezra fabiola fadi fahad faisal farah farid fatih fatma fay femi fenna feride fergus
fernand fidel fiorella fleur floris folake francesc franca fredrik freya frida gaelle gaetano gail gaspard gauri
gaurav geert genevieve gerda gerrit gilbert gillian gintaras giovanna gisela goran govind griet gudrun guadalupe gwen
gwendolen gwyneth habib hakan haley halima hamid hanneke haris harish haroon haruka haruki hasan hayley hedda hedwig
hege heloise henriette hermine hiroko hiroshi hilary horst hristo huda huw hye idris ieva ifeoma ignatius ikram ilan
ilker ilona imani imelda imogen ingvar ioana ioan ion iolanda ishaan isidora isla ismael ismail isolde istvan itziar
ivar iveta jaap jacinta jacopo jadwiga jagdish jameela jamal janos janusz jarmila jaroslav jasmin jasmine jasper jaya
jayne jelena jelle jennie jeroen jessie jette jin jiri joanne jocelyn joelle johanne jolene jonah joost joris josephus
josip jovan juhani jukka julieta junko juraj jussi kaan kaja kalle kamala karan karine kasia kaspar katerina kathrine
katsuko kavita kayode keiko kelechi kenzo kerry khalid kiran kirsi kjell klaas koen kofi kristof kristofer kumar kunal
kwabena kyoko lachlan laila lakshmi lalit lamine lasse laszlo latoya laurits lavinia layla leandro leena leif leonid
leonidas leonor leopold lesley leslie levente levi lewis liana liesbeth lieke lilia linnea linus lionel lisbeth
ljiljana llewellyn lluis lorcan lorna lothar lotte lucian luciano lucile lucinda ludmila luigi luz lynne mabel
macarena mads maeve magali magda mahesh maike maite makoto malcolm malte mamadou mandla manish manju mansur marek
mareike margaux margherita mariano maribel mariko marin marit marlon marloes marnie martijn marvin maryse masako
mathis matilda matilde mattia maud maurizio mauro maxine meike meinhard melinda melvin menno merete mette mihai mika
mikel mikko milos milica minna mireia mireille miroslav mirjam mohammad moises mona moses mukesh murat muriel murray
mwangi nabil nadja naoko narges nasser natalya nauja navin nazanin ndidi neelam neeraj nerea nerys nessa neville ngozi
niall nicanor nicoletta nikita nilesh ninette nirmala nisha nkechi noel noelia nomvula noor noora norma nosipho odette
odile odin oleksandr olena olumide oluwaseun omari onno oona orsolya osama otilia padma padraig paloma parisa parvati
pascale patience patrik paulette paulo pelle penny percival perpetua petar petronella petros phoebe phyllis pieter pim
piers pietro polly prakash pranav prem prudence quincy radek radoslav rafaela ragnar raisa rajiv ramesh ramona rana
ranjit rasmus rashid razvan reena refilwe reiko renaud renato renee reuben reza rhiannon rhys ricarda rikke rina rishi
ritva roald rodolfo roelof rogelio roisin rolando romain romana romy ronan rory rosalba rosario rosemarie rosanna
roxanne ruairi ruaridh rubina rufus runa ruslan ruta sabrine sadia said sakura saleem salim sally salome sameer samina
sanae sander sandeep sandrine sanne santino saoirse saul savannah seamus sebastiano seema selim selma senthil serena
sergi serkan shabnam shalini shanti sharma sheena shelley sherif shinji shirley shreya shu siddharth sidonie sieglinde
signe sigrid silvana silvester silvio simeon sindre sinead siobhan sipho sita siv slavica snezana solange solveig
sonal soraya spyros stanislav stefania sten stijn stoyan suki suleiman sumit sunita suresh surya sushila suzana sverre
swati sybil sylvester syed tadeusz tahir taiwo takumi tallulah tamsin tanvi tarek tariku tatjana tatsuya tea teodor
terence tessa teun thabo thandiwe themba theodoros theresia thijs tibor tiffany tineke tiziana tobiah tomoko tone
tonje torben tore torsten tove trevor trine truls trudy tuomas tyler ulla umar umesh unai urban usha uzma vaclav
valeria valeriy vanja vanya vasco vasilis vassilis verena vesna vidya vikram vilhelm vilma vinay vincente violeta
vivek vivienne vladislav volker walid waltraud wanjiru warren wassim wenche wendel wiebke wilfred wilhelmina willem
wim winifred winston wojciech xanthe ximena yael yahya yasin yasuko yaw yewande yngve yohan yoko yoshiko yosef yuko
yumi yuri yurii zahra zainab zaynab zbigniew zdenka zeynep zeno zhanna ziad zinedine zita zlatan zoltan zoran zsofia
zuleika алексей александр александра анна андрей антон борис виктор владимир галина дмитрий екатерина елена иван игорь
ирина кирилл ксения людмила максим марина мария михаил наталья николай оксана олег ольга павел петр светлана сергей
татьяна юлия юрий γιωργος δημητρης ελενη ιωαννης κωνσταντινος μαρια νικος παναγιωτης σοφια
"""

GIVEN_NAMES = frozenset(_NAMES.split())
