#include "history/country.h"

#include "base/macro.h"

#include <string.h>

/* ISO 3166-1 with its own and its common names, and what the registry writes or wrote where it differs. By code. */
/* clang-format off */
static const struct {
    char code[3];
    const char *name;
} countries[] = {
    {"AD", "Andorra"}, {"AE", "United Arab Emirates"}, {"AF", "Afghanistan"}, {"AG", "Antigua and Barbuda"},
    {"AI", "Anguilla"}, {"AL", "Albania"}, {"AM", "Armenia"}, {"AO", "Angola"}, {"AQ", "Antarctica"},
    {"AR", "Argentina"}, {"AS", "American Samoa"}, {"AT", "Austria"}, {"AU", "Australia"}, {"AW", "Aruba"},
    {"AX", "Åland Islands"}, {"AZ", "Azerbaijan"}, {"BA", "Bosnia and Herzegovina"}, {"BB", "Barbados"},
    {"BD", "Bangladesh"}, {"BE", "Belgium"}, {"BF", "Burkina Faso"}, {"BG", "Bulgaria"}, {"BH", "Bahrain"},
    {"BI", "Burundi"}, {"BJ", "Benin"}, {"BL", "Saint Barthélemy"}, {"BM", "Bermuda"}, {"BN", "Brunei Darussalam"},
    {"BN", "Brunei"}, {"BO", "Bolivia"}, {"BO", "Bolivia, Plurinational State of"},
    {"BQ", "Bonaire, Sint Eustatius and Saba"}, {"BR", "Brazil"}, {"BS", "Bahamas"}, {"BS", "The Bahamas"},
    {"BT", "Bhutan"}, {"BV", "Bouvet Island"}, {"BW", "Botswana"}, {"BY", "Belarus"}, {"BZ", "Belize"},
    {"CA", "Canada"}, {"CC", "Cocos (Keeling) Islands"}, {"CD", "Congo, The Democratic Republic of the"},
    {"CD", "Democratic Republic of the Congo"}, {"CF", "Central African Republic"}, {"CG", "Congo"},
    {"CG", "Republic of the Congo"}, {"CH", "Switzerland"}, {"CI", "Côte d'Ivoire"}, {"CI", "Côte D'Ivoire"},
    {"CI", "Côte d’Ivoire"}, {"CI", "Ivory Coast"}, {"CK", "Cook Islands"}, {"CL", "Chile"}, {"CM", "Cameroon"},
    {"CN", "China"}, {"CO", "Colombia"}, {"CR", "Costa Rica"}, {"CU", "Cuba"}, {"CV", "Cabo Verde"},
    {"CV", "Cape Verde"}, {"CW", "Curaçao"}, {"CX", "Christmas Island"}, {"CY", "Cyprus"}, {"CZ", "Czechia"},
    {"CZ", "Czech Republic"}, {"DE", "Germany"}, {"DJ", "Djibouti"}, {"DK", "Denmark"}, {"DM", "Dominica"},
    {"DO", "Dominican Republic"}, {"DZ", "Algeria"}, {"EC", "Ecuador"}, {"EE", "Estonia"}, {"EG", "Egypt"},
    {"EH", "Western Sahara"}, {"ER", "Eritrea"}, {"ES", "Spain"}, {"ET", "Ethiopia"}, {"FI", "Finland"}, {"FJ", "Fiji"},
    {"FK", "Falkland Islands (Malvinas)"}, {"FK", "Falkland Islands"}, {"FM", "Micronesia, Federated States of"},
    {"FM", "Micronesia"}, {"FO", "Faroe Islands"}, {"FR", "France"}, {"GA", "Gabon"}, {"GB", "United Kingdom"},
    {"GD", "Grenada"}, {"GE", "Georgia"}, {"GF", "French Guiana"}, {"GG", "Guernsey"}, {"GH", "Ghana"},
    {"GI", "Gibraltar"}, {"GL", "Greenland"}, {"GM", "Gambia"}, {"GM", "The Gambia"}, {"GN", "Guinea"},
    {"GP", "Guadeloupe"}, {"GQ", "Equatorial Guinea"}, {"GR", "Greece"},
    {"GS", "South Georgia and the South Sandwich Islands"}, {"GT", "Guatemala"}, {"GU", "Guam"},
    {"GW", "Guinea-Bissau"}, {"GY", "Guyana"}, {"HK", "Hong Kong"}, {"HM", "Heard Island and McDonald Islands"},
    {"HN", "Honduras"}, {"HR", "Croatia"}, {"HT", "Haiti"}, {"HU", "Hungary"}, {"ID", "Indonesia"}, {"IE", "Ireland"},
    {"IL", "Israel"}, {"IM", "Isle of Man"}, {"IN", "India"}, {"IO", "British Indian Ocean Territory"}, {"IQ", "Iraq"},
    {"IR", "Iran"}, {"IR", "Iran, Islamic Republic of"}, {"IS", "Iceland"}, {"IT", "Italy"}, {"JE", "Jersey"},
    {"JM", "Jamaica"}, {"JO", "Jordan"}, {"JP", "Japan"}, {"KE", "Kenya"}, {"KG", "Kyrgyzstan"}, {"KH", "Cambodia"},
    {"KI", "Kiribati"}, {"KM", "Comoros"}, {"KN", "Saint Kitts and Nevis"}, {"KP", "North Korea"},
    {"KP", "Korea, Democratic People's Republic of"}, {"KR", "South Korea"}, {"KR", "Korea, Republic of"},
    {"KR", "Republic of Korea"}, {"KW", "Kuwait"}, {"KY", "Cayman Islands"}, {"KZ", "Kazakhstan"}, {"LA", "Laos"},
    {"LA", "Lao People's Democratic Republic"}, {"LB", "Lebanon"}, {"LC", "Saint Lucia"}, {"LI", "Liechtenstein"},
    {"LK", "Sri Lanka"}, {"LR", "Liberia"}, {"LS", "Lesotho"}, {"LT", "Lithuania"}, {"LU", "Luxembourg"},
    {"LV", "Latvia"}, {"LY", "Libya"}, {"LY", "Libyan Arab Jamahiriya"}, {"MA", "Morocco"}, {"MC", "Monaco"},
    {"MD", "Moldova"}, {"MD", "Moldova, Republic of"}, {"ME", "Montenegro"}, {"MF", "Saint Martin (French part)"},
    {"MG", "Madagascar"}, {"MH", "Marshall Islands"}, {"MK", "North Macedonia"}, {"MK", "Macedonia"},
    {"MK", "Macedonia, The Former Yugoslav Republic of"}, {"ML", "Mali"}, {"MM", "Myanmar"}, {"MM", "Burma"},
    {"MN", "Mongolia"}, {"MO", "Macao"}, {"MP", "Northern Mariana Islands"}, {"MQ", "Martinique"}, {"MR", "Mauritania"},
    {"MS", "Montserrat"}, {"MT", "Malta"}, {"MU", "Mauritius"}, {"MV", "Maldives"}, {"MW", "Malawi"}, {"MX", "Mexico"},
    {"MY", "Malaysia"}, {"MZ", "Mozambique"}, {"NA", "Namibia"}, {"NC", "New Caledonia"}, {"NE", "Niger"},
    {"NF", "Norfolk Island"}, {"NG", "Nigeria"}, {"NI", "Nicaragua"}, {"NL", "Netherlands"}, {"NO", "Norway"},
    {"NP", "Nepal"}, {"NR", "Nauru"}, {"NU", "Niue"}, {"NZ", "New Zealand"}, {"OM", "Oman"}, {"PA", "Panama"},
    {"PE", "Peru"}, {"PF", "French Polynesia"}, {"PG", "Papua New Guinea"}, {"PH", "Philippines"}, {"PK", "Pakistan"},
    {"PL", "Poland"}, {"PM", "Saint Pierre and Miquelon"}, {"PN", "Pitcairn"}, {"PR", "Puerto Rico"},
    {"PS", "Palestine, State of"}, {"PS", "Palestinian Territories"}, {"PS", "Palestinian Territories, Occupied"},
    {"PS", "Palestinian Territory, occupied"}, {"PT", "Portugal"}, {"PW", "Palau"}, {"PY", "Paraguay"}, {"QA", "Qatar"},
    {"RE", "Réunion"}, {"RO", "Romania"}, {"RS", "Serbia"}, {"RU", "Russian Federation"}, {"RU", "Russia"},
    {"RW", "Rwanda"}, {"SA", "Saudi Arabia"}, {"SB", "Solomon Islands"}, {"SC", "Seychelles"}, {"SD", "Sudan"},
    {"SE", "Sweden"}, {"SG", "Singapore"}, {"SH", "Saint Helena, Ascension and Tristan da Cunha"},
    {"SH", "Saint Helena"}, {"SI", "Slovenia"}, {"SJ", "Svalbard and Jan Mayen"}, {"SK", "Slovakia"},
    {"SL", "Sierra Leone"}, {"SM", "San Marino"}, {"SN", "Senegal"}, {"SO", "Somalia"}, {"SR", "Suriname"},
    {"SS", "South Sudan"}, {"ST", "Sao Tome and Principe"}, {"SV", "El Salvador"}, {"SX", "Sint Maarten (Dutch part)"},
    {"SY", "Syria"}, {"SY", "Syrian Arab Republic"}, {"SZ", "Eswatini"}, {"SZ", "Swaziland"},
    {"TC", "Turks and Caicos Islands"}, {"TD", "Chad"}, {"TF", "French Southern Territories"}, {"TG", "Togo"},
    {"TH", "Thailand"}, {"TJ", "Tajikistan"}, {"TK", "Tokelau"}, {"TL", "Timor-Leste"}, {"TL", "East Timor"},
    {"TM", "Turkmenistan"}, {"TN", "Tunisia"}, {"TO", "Tonga"}, {"TR", "Türkiye"}, {"TR", "Turkey"},
    {"TR", "Turkey (Türkiye)"}, {"TT", "Trinidad and Tobago"}, {"TV", "Tuvalu"}, {"TW", "Taiwan"},
    {"TW", "Taiwan, Province of China"}, {"TZ", "Tanzania"}, {"TZ", "Tanzania, United Republic of"}, {"UA", "Ukraine"},
    {"UG", "Uganda"}, {"UM", "United States Minor Outlying Islands"}, {"US", "United States"}, {"UY", "Uruguay"},
    {"UZ", "Uzbekistan"}, {"VA", "Holy See (Vatican City State)"}, {"VA", "Vatican City"},
    {"VC", "Saint Vincent and the Grenadines"}, {"VE", "Venezuela"}, {"VE", "Venezuela, Bolivarian Republic of"},
    {"VG", "Virgin Islands, British"}, {"VG", "British Virgin Islands"}, {"VG", "Virgin Islands (British)"},
    {"VI", "Virgin Islands, U.S."}, {"VI", "U.S. Virgin Islands"}, {"VI", "Virgin Islands (U.S.)"}, {"VN", "Vietnam"},
    {"VN", "Viet Nam"}, {"VU", "Vanuatu"}, {"WF", "Wallis and Futuna"}, {"WS", "Samoa"}, {"YE", "Yemen"},
    {"YT", "Mayotte"}, {"ZA", "South Africa"}, {"ZM", "Zambia"}, {"ZW", "Zimbabwe"},
};
/* clang-format on */

json_t *country_spellings(const char *country)
{
    json_t *names = json_pack("[s]", country);

    for (size_t i = 0; names && i < ARRAY_SIZE(countries); i++)
        if (strcasecmp(countries[i].code, country) == 0 &&
            json_array_append_new(names, json_string(countries[i].name)) < 0) {
            json_decref(names);
            return NULL;
        }
    return names;
}
